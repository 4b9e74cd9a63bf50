// The header of an MPEG-1/2 audio frame (ISO/IEC 11172-3 §2.4.1.3): how long the frame is. Any
// thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace tidegate::rtp {

struct Mp3Frame {
    std::size_t size = 0;  // bytes, header included
    std::uint32_t sample_rate = 0;
    std::uint32_t samples = 0;
    std::uint8_t channels = 0;
};

// nullopt: no frame header, or the free format, whose length is not in it.
std::optional<Mp3Frame> parse_mp3_frame(base::ByteView bytes);

}  // namespace tidegate::rtp
