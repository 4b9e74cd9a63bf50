// FLAC: its metadata block STREAMINFO (RFC 9639 §8.2). Pure functions; any thread.
#pragma once

#include <cstddef>
#include <expected>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

inline constexpr std::size_t kFlacStreamInfoSize = 34;

// Reads a bare STREAMINFO, which FFmpeg and MediaMTX send over RTMP, or one behind the header of
// its metadata block, with or without the marker "fLaC" in front.
std::expected<FlacConfig, Error> parse_flac_config(base::ByteView bytes);

}  // namespace tidegate::media
