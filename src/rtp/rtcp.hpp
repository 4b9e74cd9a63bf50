// RTCP reports (RFC 3550 §6): sender and receiver reports and BYE, read and written. Other packet
// types in a compound packet are skipped. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "rtp/error.hpp"

namespace tidegate::rtp {

struct ReportBlock {
    std::uint32_t ssrc = 0;            // of the source reported on
    std::uint8_t fraction_lost = 0;    // of 256
    std::int32_t cumulative_lost = 0;  // signed 24 bits
    std::uint32_t highest_sequence = 0;
    std::uint32_t jitter = 0;              // clock ticks
    std::uint32_t last_sender_report = 0;  // middle 32 bits of its NTP time
    std::uint32_t delay_since_last = 0;    // 1/65536 s
    bool operator==(ReportBlock const&) const = default;
};

struct SenderReport {
    std::uint32_t ssrc = 0;
    std::uint64_t ntp = 0;  // 32.32 fixed point seconds since 1900
    std::uint32_t rtptime = 0;
    std::uint32_t packets = 0;
    std::uint32_t octets = 0;
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

// All reports of a compound packet, in order. One whose length lies refuses the whole.
std::expected<std::vector<RtcpPacket>, Error> parse_rtcp(base::ByteView bytes);

base::Bytes write_rtcp(SenderReport const& report);
base::Bytes write_rtcp(ReceiverReport const& report);

// Wall-clock time (since 1970) as NTP's 32.32 fixed point, and back.
std::uint64_t ntp_from_unix(std::chrono::nanoseconds since_1970);
std::chrono::nanoseconds unix_from_ntp(std::uint64_t ntp);

}  // namespace tidegate::rtp
