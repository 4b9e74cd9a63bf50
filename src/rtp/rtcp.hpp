// RTCP (RFC 3550 §6): reads sender reports, receiver reports and BYE, and writes reports. Packets
// of other types in a compound packet are skipped. Plain values; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "rtp/packet.hpp"

namespace tidegate::rtp {

struct ReportBlock {
    std::uint32_t ssrc = 0;            // of the source that the block is about
    std::uint8_t fraction_lost = 0;    // in 1/256
    std::int32_t cumulative_lost = 0;  // signed 24 bits
    std::uint32_t highest_sequence = 0;
    std::uint32_t jitter = 0;              // in ticks of the RTP clock
    std::uint32_t last_sender_report = 0;  // the middle 32 bits of its NTP time
    std::uint32_t delay_since_last = 0;    // since that report came, in 1/65536 s
    bool operator==(ReportBlock const&) const = default;
};

struct SenderReport {
    std::uint32_t ssrc = 0;
    std::uint64_t ntp = 0;      // seconds since 1900, 32 bits before and 32 bits behind the point
    std::uint32_t rtptime = 0;  // the same instant by the RTP clock
    std::uint32_t packets = 0;  // sent so far
    std::uint32_t octets = 0;   // of payload, sent so far
    std::vector<ReportBlock> blocks;
    bool operator==(SenderReport const&) const = default;
};

struct ReceiverReport {
    std::uint32_t ssrc = 0;
    std::vector<ReportBlock> blocks;
    bool operator==(ReceiverReport const&) const = default;
};

struct Goodbye {
    std::vector<std::uint32_t> ssrcs;
    bool operator==(Goodbye const&) const = default;
};

using RtcpPacket = std::variant<SenderReport, ReceiverReport, Goodbye>;

// The reports of a compound packet in their order, at most kMaxRtcpPackets. When the length of one
// does not fit, the whole packet is refused.
std::expected<std::vector<RtcpPacket>, Error> parse_rtcp(base::ByteView bytes);

// At most 31 blocks are written: the count has five bits.
base::Bytes write_rtcp(SenderReport const& report);
base::Bytes write_rtcp(ReceiverReport const& report);

// Converts wall-clock time since 1970 to NTP time (as in SenderReport::ntp) and back.
std::uint64_t ntp_from_unix(std::chrono::nanoseconds since_1970);
std::chrono::nanoseconds unix_from_ntp(std::uint64_t ntp);

}  // namespace tidegate::rtp
