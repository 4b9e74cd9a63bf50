#include "rtmp/core/metadata.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/number.hpp"
#include "flv/probe.hpp"
#include "media/language.hpp"
#include "rtmp/core/amf0.hpp"
#include "rtmp/core/caption.hpp"

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

amf0::Object const* object_of(amf0::Object const& object, std::string_view name) {
    auto const* const value = object.find(name);
    return value == nullptr ? nullptr : value->object();
}

std::size_t members_of(amf0::Object const& object, std::string_view name) {
    auto const* const map = object_of(object, name);
    return map == nullptr ? 0 : map->members.size();
}

void read_sound(amf0::Object const& object, std::string_view name, std::uint8_t id,
                std::vector<Metadata::Sound>& sounds) {
    Metadata::Sound sound{id, media::language_tag(object.text(kLanguage)),
                          media::track_name(object.text(name))};
    bool const known = !sound.language.empty() || !sound.name.empty();
    if (known && sounds.size() < media::kMaxTracks) sounds.push_back(std::move(sound));
}

// The first sound stands beside the stream's other members, further ones in the map.
std::vector<Metadata::Sound> read_sounds(amf0::Object const& object) {
    std::vector<Metadata::Sound> sounds;
    read_sound(object, kFirstName, 0, sounds);
    auto const* const map = object_of(object, kAudioTracks);
    if (map == nullptr) return sounds;
    for (auto const& [key, value] : map->members) {
        auto const id = base::parse_number<std::uint8_t>(key);
        auto const* const track = value.object();
        if (id && track != nullptr) read_sound(*track, kFurtherName, *id, sounds);
    }
    return sounds;
}

}  // namespace

void describe_sound(Metadata const& metadata, std::uint8_t track_id, media::Track& track) {
    if (track.kind() != media::Kind::audio) return;
    auto const found = std::ranges::find(metadata.sounds, track_id, &Metadata::Sound::id);
    if (found == metadata.sounds.end()) return;
    track.language = found->language;
    track.name = found->name;
}

void describe_sounds(Metadata const& metadata, flv::TrackMap const& map, media::Tracks& tracks) {
    for (auto const& sound : metadata.sounds) {
        if (auto const track = map.find(media::Kind::audio, sound.id)) {
            describe_sound(metadata, sound.id, tracks[*track]);
        }
    }
}

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
    metadata.further_tracks = members_of(*object, kVideoTracks) + members_of(*object, kAudioTracks);
    metadata.width = positive(*object, "width");
    metadata.height = positive(*object, "height");
    metadata.frame_rate = positive(*object, "framerate");
    metadata.video_kbps = positive(*object, "videodatarate");
    metadata.audio_kbps = positive(*object, "audiodatarate");
    metadata.audio_sample_rate = positive(*object, "audiosamplerate");
    if (auto const* const encoder = object->find("encoder"); encoder && encoder->string()) {
        metadata.encoder = *encoder->string();
    }
    metadata.sounds = read_sounds(*object);
    metadata.caption_languages = media::caption_languages(object->text(kCaptionLanguages));
    return metadata;
}

}  // namespace tidegate::rtmp
