// RTP packets (RFC 3550 §5.1): reads the header, and says why a packet of RTP or RTCP was refused.
// Only the refused packet is lost: the next good one is read. Plain values and pure functions; any
// thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "base/bytes.hpp"

namespace tidegate::rtp {

enum class Error : std::uint8_t {
    truncated,           // it is shorter than its own fields say
    bad_version,         // not RTP version 2
    bad_padding,         // the padding is larger than the packet
    wrong_payload_type,  // not the one that the description gave this track
    empty_payload,
    bad_aggregate,      // the sizes in a STAP-A, an AP or AU headers do not fit
    bad_fragment,       // a fragment without a first one, or a first one inside another
    unsupported_nalu,   // STAP-B, MTAP, FU-B or PACI: interleaved modes, which nobody sends
    unit_too_large,     // above media::kMaxUnit
    too_many_nalus,     // above media::kMaxNalus, or media::kMaxObus
    bad_descriptor,     // of VP9: cut off; of AV1 an OBU that is cut off
    late_or_duplicate,  // its sequence number has been passed already
    bad_rtcp,           // the length of an RTCP packet does not fit
};

// A sentence for the log.
std::string_view describe(Error error);

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
