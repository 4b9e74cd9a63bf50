// Counts the packets of one RTP source, their loss and their jitter (RFC 3550 §A.1, §A.3, §A.8),
// for receiver reports, the API and the metrics. Arrival times are arguments, of one steady clock.
// One per source, used by one thread at a time.
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "rtp/rtcp.hpp"

namespace tidegate::rtp {

class ReceptionStatistics {
public:
    explicit ReceptionStatistics(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

    void on_packet(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t rtptime,
                   base::Timestamp arrival);
    void on_sender_report(SenderReport const& report, base::Timestamp arrival);

    // The block for the next receiver report. Its fraction_lost counts since the last call.
    ReportBlock report_block(base::Timestamp now);

    std::uint64_t received() const { return received_total_; }
    // How many packets are missing since the start; 0 when more came than were expected.
    std::uint64_t lost() const;
    double jitter() const;  // in ticks of the RTP clock

private:
    void start(std::uint32_t ssrc, std::uint16_t sequence);
    bool advance(std::uint16_t sequence);
    void update_jitter(std::uint32_t rtptime, base::Timestamp arrival);
    std::uint32_t extended_highest() const { return cycles_ + highest_; }
    std::int64_t expected() const;

    std::uint32_t clock_rate_;
    bool started_ = false;
    std::uint32_t ssrc_ = 0;
    std::uint16_t highest_ = 0;
    std::uint32_t cycles_ = 0;  // wraps of the sequence number, times 2^16
    std::uint32_t base_ = 0;
    std::uint32_t bad_sequence_ = 1U << 16 | 1U;  // no 16-bit number equals it
    std::uint64_t received_ = 0;
    std::uint64_t received_total_ = 0;
    std::uint64_t lost_before_ = 0;  // by sources that this one has replaced
    std::int64_t expected_prior_ = 0;
    std::uint64_t received_prior_ = 0;
    bool has_transit_ = false;
    std::uint32_t transit_ = 0;
    double jitter_ = 0;
    std::uint32_t last_sender_report_ = 0;
    base::Timestamp last_sender_report_arrival_{};
};

}  // namespace tidegate::rtp
