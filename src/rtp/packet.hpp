// Reads the header of an RTP packet (RFC 3550 §5.1). The payload is a view into the caller's bytes.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <expected>

#include "base/bytes.hpp"
#include "rtp/error.hpp"

namespace tidegate::rtp {

struct PacketView {
    std::uint8_t payload_type = 0;
    bool marker = false;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    base::ByteView payload;  // without CSRCs, header extension and padding; may be empty
};

std::expected<PacketView, Error> parse_packet(base::ByteView bytes);

}  // namespace tidegate::rtp
