// Writes the beginning of a fragmented movie, which tells what tracks it has and what their
// decoders must know (ISO/IEC 14496-12 §8.2 and §8.8; RFC 8216 §3.3 calls it the media
// initialization section). The samples come in fragments (fragment.hpp). Pure functions; any
// thread.
#pragma once

#include <cstddef>
#include <expected>
#include <span>

#include "base/shared_bytes.hpp"
#include "media/error.hpp"
#include "mp4/recording_info.hpp"
#include "mp4/track_setup.hpp"

namespace tidegate::mp4 {

// Writes ftyp and moov. recording: nullptr when the movie is not a recording. An error when
// check_writable() refuses a track.
std::expected<base::SharedBytes, media::Error> write_init_segment(
    std::span<TrackSetup const> tracks, RecordingInfo const* recording = nullptr);

// The position of the movie's duration in an init segment: 32 bits, in milliseconds, written as 0.
// A recorder fills it in when it closes the file.
inline constexpr std::size_t kMovieDurationAt = 64;

}  // namespace tidegate::mp4
