// One access unit of one track: what travels through the router and the worker. Copying it copies a
// pointer.
#pragma once

#include <cstdint>

#include "base/shared_bytes.hpp"
#include "base/time.hpp"

namespace tidegate::media {

struct Unit {
    std::uint16_t track = 0;  // index into the stream's Tracks
    bool keyframe = false;    // an IDR/IRAP picture; always true for audio
    // From this unit on the track has another configuration: whoever made the unit knows it.
    bool new_config = false;
    base::Timestamp pts{};
    base::Timestamp dts{};
    // H.264, H.265: NAL units, each behind a 4-byte big-endian length (AVCC); AAC: one raw access
    // unit without ADTS; Opus: one packet; MP3: one frame.
    base::SharedBytes payload;
};

}  // namespace tidegate::media
