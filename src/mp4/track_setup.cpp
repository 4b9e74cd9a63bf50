#include "mp4/track_setup.hpp"

#include <string>

#include "media/sps.hpp"
#include "mp4/sample_entry.hpp"

namespace tidegate::mp4 {

std::uint32_t timescale(media::Track const& track) {
    // RTP counts MP3 in 1/90000 s; its own rate is exact.
    if (auto const* mp3 = std::get_if<media::Mp3Config>(&track.config)) return mp3->sample_rate;
    return track.clock_rate();
}

std::expected<void, media::Error> check_writable(media::Track const& track) {
    auto const label = std::string(track.label());
    if (!has_sample_entry(track.codec())) return media::fail(label + " is not supported in MP4");
    if (timescale(track) == 0) return media::fail(label + " track has no sample rate");
    if (track.kind() == media::Kind::audio) return {};
    if (!track.configured()) return media::fail(label + " track has no parameter sets");
    if (!media::video_format(track)) return media::fail(label + " track has an invalid SPS");
    return {};
}

std::expected<void, media::Error> check_writable(std::span<TrackSetup const> tracks) {
    if (tracks.empty()) return media::fail("no tracks");
    for (auto const& setup : tracks) {
        if (auto const fine = check_writable(setup.track); !fine) return fine;
    }
    return {};
}

}  // namespace tidegate::mp4
