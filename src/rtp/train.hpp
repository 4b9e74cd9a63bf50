// The RTP packets of one unit as ready interleaved wire bytes (RFC 2326 §10.12): `$`, channel,
// 16-bit length, packet, and so on without gaps. Built once, then shared by every reader on any
// thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"

namespace tidegate::rtp {

struct Train {
    base::SharedBytes bytes;
    std::uint32_t packets = 0;    // small payloads make more than 2^16 of the largest unit
    std::uint32_t rtp_bytes = 0;  // headers and payloads, without the 4 interleaved bytes each
    std::uint32_t rtptime = 0;
    std::uint16_t first_sequence = 0;
    std::uint16_t last_sequence = 0;

    // A unit of only parameter sets and delimiters becomes no packet.
    bool empty() const { return packets == 0; }
};

// RTP of track n travels on channel 2n and its RTCP on 2n + 1 unless a reader asks otherwise.
constexpr std::uint8_t usual_channel(std::size_t track) {
    return static_cast<std::uint8_t>(2 * track);
}

// The same frames for a reader that asked for another channel: one copy.
base::SharedBytes patch_channel(base::SharedBytes const& frames, std::uint8_t channel);

struct InterleavedFrame {
    std::uint8_t channel = 0;
    base::ByteView payload;
};

// Cuts the next whole frame from the front of a train's bytes; nullopt at its end.
std::optional<InterleavedFrame> next_frame(base::ByteView& rest);

// One packet (RTCP, say) as an interleaved frame. REQUIRES: packet.size() < 2^16.
base::SharedBytes interleave(std::uint8_t channel, base::ByteView packet);

}  // namespace tidegate::rtp
