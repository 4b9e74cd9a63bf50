// What a publisher hands to every reader: one access unit (or a changed sequence header), with its
// wire bytes made once per protocol. Copying it copies pointers; any thread.
#pragma once

#include <cstdint>

#include "base/shared_bytes.hpp"

namespace tidegate::router {

struct FanoutItem {
    std::uint16_t track = 0;
    bool video = false;
    bool keyframe = false;
    bool config = false;  // a changed sequence header: taken even before the first keyframe
    // With it the description that RTSP readers got holds no longer: they end.
    bool redescribed = false;
    std::uint16_t rtp_sequence = 0;  // of the first packet
    std::uint32_t rtp_packets = 0;
    std::uint32_t rtp_bytes = 0;  // RTP headers and payloads: what the byte counters count
    // The unit's dts on the track's RTP clock and as Unix time, for sender reports.
    std::uint32_t rtp_time = 0;
    std::int64_t wall_ns = 0;
    base::SharedBytes rtmp;  // one or more chunks; empty while no RTMP reader is there
    base::SharedBytes rtsp;  // interleaved frames; empty while no RTSP reader is there
};

}  // namespace tidegate::router
