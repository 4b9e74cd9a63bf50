// What a writer must know about a track to describe it in a movie (ISO/IEC 14496-12 §8.3 to §8.5).
// Plain values; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::mp4 {

// The bit rates that MediaMTX writes when none is known. Players only choose the size of their
// buffers by them.
inline constexpr std::uint32_t kUsualVideoBitrate = 1'000'000;
inline constexpr std::uint32_t kUsualAudioBitrate = 128'825;

struct TrackSetup {
    std::uint32_t id = 1;  // unique in the movie, from 1
    media::Track track;
    std::uint32_t average_bitrate = 0;  // bits per second; 0: the usual one
    std::uint32_t max_bitrate = 0;
};

// The timescale of a track in ticks per second: 90000 for video, the sample rate for audio.
std::uint32_t timescale(media::Track const& track);

// Checks that a movie can describe the track: its codec has a sample entry, and nothing that a
// decoder needs is missing. The error says what is wrong.
std::expected<void, media::Error> check_writable(media::Track const& track);
std::expected<void, media::Error> check_writable(std::span<TrackSetup const> tracks);

}  // namespace tidegate::mp4
