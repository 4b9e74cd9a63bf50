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

namespace {

bool has_no_specific_box(media::Track const& track) {
    auto const* const ac3 = std::get_if<media::Ac3Config>(&track.config);
    auto const* const eac3 = std::get_if<media::Eac3Config>(&track.config);
    return (ac3 != nullptr && ac3->specific.empty()) || (eac3 != nullptr && eac3->specific.empty());
}

}  // namespace

std::expected<void, media::Error> check_writable(media::Track const& track) {
    auto const label = std::string(track.label());
    if (!has_sample_entry(track.codec())) return media::fail(label + " is not supported in MP4");
    if (timescale(track) == 0) return media::fail(label + " track has no sample rate");
    if (has_no_specific_box(track)) return media::fail(label + " track has had no frame yet");
    if (track.kind() == media::Kind::audio) return {};
    bool const sets = track.parameter_sets() != nullptr;
    auto const missing = sets ? " track has no parameter sets" : " track has had no key frame yet";
    auto const invalid = sets ? " track has an invalid SPS" : " track has an invalid header";
    if (!track.configured()) return media::fail(label + missing);
    if (!media::video_format(track)) return media::fail(label + invalid);
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
