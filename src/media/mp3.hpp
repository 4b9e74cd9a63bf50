// The frame header of MPEG-1, MPEG-2 and MPEG-2.5 audio (ISO/IEC 11172-3 §2.4.1.3), all layers. Any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

struct Mp3Frame {
    Mp3Config config;
    std::size_t size = 0;  // of the whole frame, header included, in bytes
    std::uint32_t samples = 0;
    base::Timestamp duration{};
};

// Reads the four header bytes; the free format (no bit rate, so no size) is an error.
std::expected<Mp3Frame, Error> parse_mp3_frame(base::ByteView bytes);

}  // namespace tidegate::media
