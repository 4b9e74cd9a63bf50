// Why an RTP or RTCP packet was refused. Only this packet is lost: the next good one is read. Plain
// values; any thread.
#pragma once

#include <cstdint>
#include <string_view>

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
    too_many_nalus,     // above media::kMaxNalus
    late_or_duplicate,  // its sequence number has been passed already
    bad_rtcp,           // the length of an RTCP packet does not fit
};

// A sentence for the log.
std::string_view describe(Error error);

}  // namespace tidegate::rtp
