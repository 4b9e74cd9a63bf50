// Why a packet was refused. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidegate::rtp {

enum class Error : std::uint8_t {
    truncated,           // shorter than its own fields say
    bad_version,         // not RTP version 2
    bad_padding,         // padding count larger than the packet
    wrong_payload_type,  // not the one that the description gave this track
    empty_payload,
    bad_aggregate,      // STAP-A, AP or AU headers whose sizes do not fit
    bad_fragment,       // FU without start, or nested
    unsupported_nalu,   // STAP-B, MTAP, FU-B, PACI: interleaved modes nobody sends
    unit_too_large,     // above media::kMaxUnit
    too_many_nalus,     // above media::kMaxNalus
    late_or_duplicate,  // sequence number already passed
    bad_rtcp,           // an RTCP packet whose length lies
};

std::string_view describe(Error error);

}  // namespace tidegate::rtp
