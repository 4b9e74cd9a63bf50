// The header of an audio frame of MPEG-1, MPEG-2 and MPEG-2.5, layers I to III (ISO/IEC 11172-3
// §2.4.1.3). Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// Whether a track of this rate is MPEG-1 audio; below 32 kHz it is MPEG-2 or 2.5.
inline bool is_mpeg1_audio(Mp3Config const& config) {
    return config.sample_rate >= 32000;
}

struct Mp3Frame {
    Mp3Config config;
    std::size_t size = 0;       // bytes of the whole frame, its header included
    std::uint32_t samples = 0;  // of one channel
    base::Timestamp duration{};
};

// Reads the first four bytes of a frame; the rest of it need not be there. The free format is an
// error, because its header does not say how long the frame is.
std::expected<Mp3Frame, Error> parse_mp3_frame(base::ByteView bytes);

}  // namespace tidegate::media
