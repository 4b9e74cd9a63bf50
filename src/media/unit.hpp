// One access unit of one track: what travels through the router and the worker. A plain value; any
// thread. A copy shares the payload's memory.
#pragma once

#include <cstdint>

#include "base/shared_bytes.hpp"
#include "base/time.hpp"

namespace tidegate::media {

struct Unit {
    std::uint16_t track = 0;  // index into the stream's Tracks
    bool keyframe =
        false;  // decoding can start here: an IDR, IRAP or shown key picture; always for audio
    // From this unit on the track's configuration is another one. Whoever makes the unit sets it,
    // and hands the new Track over by other means.
    bool new_config = false;
    base::Timestamp pts{};  // when the unit is shown or heard
    base::Timestamp dts{};  // when it is decoded; the same as pts for audio
    // H.264 and H.265: NAL units in AVCC form (avcc.hpp). AV1: OBUs with sizes, without temporal
    // delimiters (av1.hpp). VP9: a frame or a superframe. AAC: one raw access unit without an ADTS
    // header. Opus: one packet. MP3, AC-3, FLAC: one frame. E-AC-3: one frame and the dependent
    // substreams that follow it. G.711: samples of all channels, of any number.
    base::SharedBytes payload;
};

}  // namespace tidegate::media
