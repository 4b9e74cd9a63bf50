#include "rtp/error.hpp"

namespace tidegate::rtp {

std::string_view describe(Error error) {
    switch (error) {
        case Error::truncated:
            return "packet is shorter than its header says";
        case Error::bad_version:
            return "not RTP version 2";
        case Error::bad_padding:
            return "padding is larger than the packet";
        case Error::wrong_payload_type:
            return "payload type is not the described one";
        case Error::empty_payload:
            return "packet without payload";
        case Error::bad_aggregate:
            return "sizes inside an aggregation packet do not fit";
        case Error::bad_fragment:
            return "fragment without a start, or nested";
        case Error::unsupported_nalu:
            return "interleaved packetization mode is not supported";
        case Error::unit_too_large:
            return "access unit is too large";
        case Error::too_many_nalus:
            return "access unit has too many NAL units";
        case Error::late_or_duplicate:
            return "late or repeated packet";
        case Error::bad_rtcp:
            return "malformed RTCP packet";
    }
    return "unknown error";
}

}  // namespace tidegate::rtp
