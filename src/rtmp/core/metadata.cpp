#include "rtmp/core/metadata.hpp"

#include <array>
#include <cmath>
#include <string_view>

#include "rtmp/core/amf0.hpp"

namespace tidegate::rtmp {

namespace {

// A codec id is a number (FLV), or a name or fourCC as a string.
std::optional<bool> announced(amf0::Object const& object, std::string_view name) {
    auto const* const value = object.find(name);
    if (value == nullptr) return std::nullopt;
    if (auto const number = value->number()) {
        if (std::isnan(*number)) return std::nullopt;
        return *number != 0;
    }
    if (auto const* const text = value->string()) return !text->empty();
    return std::nullopt;
}

template <std::size_t Count>
bool mentions(amf0::Object const& object, std::array<std::string_view, Count> const& names) {
    for (auto const name : names) {
        if (object.find(name) != nullptr) return true;
    }
    return false;
}

std::optional<double> positive(amf0::Object const& object, std::string_view name) {
    auto const* const value = object.find(name);
    auto const number = value == nullptr ? std::nullopt : value->number();
    if (!number || !std::isfinite(*number) || *number <= 0) return std::nullopt;
    return number;
}

constexpr std::array<std::string_view, 5> kVideoNames = {"videocodecid", "width", "height",
                                                         "framerate", "videodatarate"};
constexpr std::array<std::string_view, 5> kAudioNames = {
    "audiocodecid", "audiosamplerate", "audiosamplesize", "stereo", "audiodatarate"};

}  // namespace

namespace {

std::size_t members_of(amf0::Object const& object, std::string_view name) {
    auto const* const value = object.find(name);
    auto const* const map = value == nullptr ? nullptr : value->object();
    return map == nullptr ? 0 : map->members.size();
}

}  // namespace

Metadata read_metadata(amf0::Value const& value) {
    Metadata metadata;
    auto const* const object = value.object();
    if (object == nullptr) return metadata;
    metadata.expects_video = announced(*object, "videocodecid");
    metadata.expects_audio = announced(*object, "audiocodecid");
    if (metadata.expects_audio == true && !mentions(*object, kVideoNames)) {
        metadata.expects_video = false;
    }
    if (metadata.expects_video == true && !mentions(*object, kAudioNames)) {
        metadata.expects_audio = false;
    }
    metadata.further_tracks =
        members_of(*object, "videoTrackIdInfoMap") + members_of(*object, "audioTrackIdInfoMap");
    metadata.width = positive(*object, "width");
    metadata.height = positive(*object, "height");
    metadata.frame_rate = positive(*object, "framerate");
    metadata.video_kbps = positive(*object, "videodatarate");
    metadata.audio_kbps = positive(*object, "audiodatarate");
    metadata.audio_sample_rate = positive(*object, "audiosamplerate");
    if (auto const* const encoder = object->find("encoder"); encoder && encoder->string()) {
        metadata.encoder = *encoder->string();
    }
    return metadata;
}

}  // namespace tidegate::rtmp
