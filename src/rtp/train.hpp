// The RTP packets of one unit as interleaved frames, ready to be sent (RFC 2326 §10.12): `$`,
// channel, 16-bit length, packet, without gaps. A train is made once; all readers share its bytes,
// on any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"

namespace tidegate::rtp {

struct Train {
    base::SharedBytes bytes;
    std::uint32_t packets = 0;    // a large unit in small packets has more than 2^16
    std::uint32_t rtp_bytes = 0;  // of RTP headers and payloads, without interleaved headers
    std::uint32_t rtptime = 0;    // of all packets
    std::uint16_t first_sequence = 0;
    std::uint16_t last_sequence = 0;

    // The unit had nothing to send, e.g. parameter sets only.
    bool empty() const { return packets == 0; }
};

// The channel for the RTP packets of a track unless a reader asks for another one; its RTCP packets
// travel on the next channel.
constexpr std::uint8_t usual_channel(std::size_t track) {
    return static_cast<std::uint8_t>(2 * track);
}

// A copy of the frames on another channel, for a reader that asked for it.
base::SharedBytes patch_channel(base::SharedBytes const& frames, std::uint8_t channel);

struct InterleavedFrame {
    std::uint8_t channel = 0;
    base::ByteView payload;
};

// Removes the next frame from the front of `rest` and returns it; nullopt at the end, and when no
// whole frame is left. The payload is a view.
std::optional<InterleavedFrame> next_frame(base::ByteView& rest);

// One packet, e.g. of RTCP, as an interleaved frame. REQUIRES: packet.size() < 2^16.
base::SharedBytes interleave(std::uint8_t channel, base::ByteView packet);

}  // namespace tidegate::rtp
