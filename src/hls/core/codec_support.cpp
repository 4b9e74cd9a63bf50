#include "hls/core/codec_support.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "media/codecs_parameter.hpp"
#include "mp4/sample_entry.hpp"
#include "mp4/track_setup.hpp"
#include "ts/tables.hpp"

namespace tidegate::hls {

namespace {

using media::Codec;
using media::Kind;
using media::Track;

struct Support {
    Codec codec;
    int preference = 0;  // of several videos, the one with the highest is carried
    std::string_view audio_group = kUsualAudioGroup;
};
// MediaMTX does not carry AC-3, E-AC-3 and MP3. Few browsers decode the first two, and not all of
// them decode MP3 in MP4.
constexpr std::array kSupported{
    Support{Codec::av1, 4},
    Support{Codec::vp9, 3},
    Support{Codec::h265, 2},
    Support{Codec::h264, 1},
    Support{Codec::aac},
    Support{Codec::opus},
    Support{Codec::flac},
    Support{Codec::ac3, 0, "audio-ac3"},
    Support{Codec::eac3, 0, "audio-eac3"},
    Support{Codec::mp3, 0, "audio-mp3"},
};

Support const* support_of(Codec codec) {
    auto const* const found = std::ranges::find(kSupported, codec, &Support::codec);
    return found == kSupported.end() ? nullptr : found;
}

bool carried(Track const& track) {
    if (support_of(track.codec()) == nullptr || !mp4::has_sample_entry(track.codec())) return false;
    bool const comes_in_band = track.kind() == Kind::video && !track.configured();
    return comes_in_band || mp4::check_writable(track).has_value();
}

}  // namespace

std::vector<std::size_t> choose_tracks(std::vector<Source> const& sources) {
    std::optional<std::size_t> video;
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        auto const& track = sources[i].track;
        if (!carried(track)) continue;
        if (track.kind() == Kind::audio) {
            chosen.push_back(i);
            continue;
        }
        if (!video || support_of(track.codec())->preference >
                          support_of(sources[*video].track.codec())->preference) {
            video = i;
        }
    }
    if (video) chosen.insert(chosen.begin(), *video);
    return chosen;
}

std::expected<void, media::Error> check_mpegts(std::vector<Track const*> const& tracks) {
    bool has_audio = false;
    for (auto const* track : tracks) {
        bool const video = track->kind() == Kind::video;
        if (video && track->codec() != Codec::h264) {
            return media::fail("the MPEG-TS variant of HLS supports H264 video only");
        }
        if (!video && has_audio) {
            return media::fail("the MPEG-TS variant of HLS supports a single audio track only");
        }
        if (!video && track->codec() != Codec::aac) {
            return media::fail("the MPEG-TS variant of HLS supports MPEG-4 Audio only");
        }
        if (auto fine = ts::check_writable(*track); !fine) return fine;
        has_audio = has_audio || !video;
    }
    return {};
}

std::string_view audio_group(Track const& track) {
    auto const* const support = support_of(track.codec());
    return support == nullptr ? kUsualAudioGroup : support->audio_group;
}

std::string codecs_entry(Track const& track) {
    return support_of(track.codec()) == nullptr ? std::string{} : media::codecs_parameter(track);
}

}  // namespace tidegate::hls
