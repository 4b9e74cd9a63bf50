#include "rtp/reception.hpp"

#include <algorithm>
#include <cmath>

#include "rtp/limits.hpp"

namespace tidegate::rtp {

void ReceptionStatistics::start(std::uint32_t ssrc, std::uint16_t sequence) {
    if (started_) lost_before_ = lost();
    started_ = true;
    ssrc_ = ssrc;
    highest_ = sequence;
    base_ = sequence;
    cycles_ = 0;
    bad_sequence_ = 1U << 16 | 1U;
    received_ = 0;
    expected_prior_ = 0;
    received_prior_ = 0;
    has_transit_ = false;
}

// RFC 3550 §A.1, but the first packet is believed at once: the peer has set the source up, over
// TCP.
bool ReceptionStatistics::advance(std::uint16_t sequence) {
    auto const step = static_cast<std::uint16_t>(sequence - highest_);
    if (step < kMaxDropout) {
        if (sequence < highest_) cycles_ += 1U << 16;
        highest_ = sequence;
        return true;
    }
    if (step <= 0xFFFF - kMaxMisorder) {
        if (sequence != bad_sequence_) {  // two in a row make a new start
            bad_sequence_ = (sequence + 1U) & 0xFFFF;
            return false;
        }
        start(ssrc_, sequence);
    }
    return true;
}

void ReceptionStatistics::on_packet(std::uint32_t ssrc, std::uint16_t sequence,
                                    std::uint32_t rtptime, base::Timestamp arrival) {
    if (!started_ || ssrc != ssrc_) {
        start(ssrc, sequence);
    } else if (!advance(sequence)) {
        return;
    }
    ++received_;
    ++received_total_;
    update_jitter(rtptime, arrival);
}

// RFC 3550 §A.8, in floating point.
void ReceptionStatistics::update_jitter(std::uint32_t rtptime, base::Timestamp arrival) {
    auto const now = static_cast<std::uint32_t>(base::to_ticks(arrival, clock_rate_));
    auto const transit = now - rtptime;
    if (has_transit_) {
        auto const difference = std::abs(double{1} * static_cast<std::int32_t>(transit - transit_));
        jitter_ += (difference - jitter_) / 16;
    }
    has_transit_ = true;
    transit_ = transit;
}

void ReceptionStatistics::on_sender_report(SenderReport const& report, base::Timestamp arrival) {
    if (!started_ || report.ssrc != ssrc_) return;
    last_sender_report_ = static_cast<std::uint32_t>(report.ntp >> 16);
    last_sender_report_arrival_ = arrival;
}

std::int64_t ReceptionStatistics::expected() const {
    return std::int64_t{extended_highest()} - base_ + 1;
}

std::uint64_t ReceptionStatistics::lost() const {
    if (!started_) return 0;
    auto const missing = expected() - static_cast<std::int64_t>(received_);
    return lost_before_ + static_cast<std::uint64_t>(std::max<std::int64_t>(missing, 0));
}

double ReceptionStatistics::jitter() const {
    return jitter_;
}

// RFC 3550 §A.3.
ReportBlock ReceptionStatistics::report_block(base::Timestamp now) {
    ReportBlock block;
    block.ssrc = ssrc_;
    if (!started_) return block;
    auto const missing = expected() - static_cast<std::int64_t>(received_);
    block.cumulative_lost =
        static_cast<std::int32_t>(std::clamp<std::int64_t>(missing, -0x800000, 0x7FFFFF));
    auto const expected_now = expected() - expected_prior_;
    auto const received_now = static_cast<std::int64_t>(received_ - received_prior_);
    expected_prior_ = expected();
    received_prior_ = received_;
    if (expected_now > received_now && expected_now > 0) {
        auto const fraction = (expected_now - received_now) * 256 / expected_now;
        block.fraction_lost = static_cast<std::uint8_t>(std::min<std::int64_t>(fraction, 255));
    }
    block.highest_sequence = extended_highest();
    block.jitter = static_cast<std::uint32_t>(jitter_);
    block.last_sender_report = last_sender_report_;
    if (last_sender_report_ != 0) {
        auto const delay = base::to_ticks(now - last_sender_report_arrival_, 65536);
        block.delay_since_last =
            static_cast<std::uint32_t>(std::clamp<std::int64_t>(delay, 0, 0xFFFFFFFF));
    }
    return block;
}

}  // namespace tidegate::rtp
