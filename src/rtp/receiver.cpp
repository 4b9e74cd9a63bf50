#include "rtp/receiver.hpp"

#include <algorithm>
#include <utility>

#include "rtp/packet.hpp"

namespace tidegate::rtp {

namespace {

// Times are cut to this range. No honest sender passes it, and differences of times within it do
// not overflow.
constexpr base::Timestamp kMostTime = std::chrono::hours(24 * 365 * 10);

base::Timestamp believable(base::Timestamp time) {
    return std::clamp(time, -kMostTime, kMostTime);
}

std::vector<bool> which_are_audio(std::vector<ReceivedTrack> const& tracks) {
    std::vector<bool> audio;
    for (auto const& track : tracks) audio.push_back(track.track.kind() == media::Kind::audio);
    return audio;
}

}  // namespace

Receiver::Receiver(std::vector<ReceivedTrack> tracks, std::chrono::milliseconds report_wait)
    : report_wait_(report_wait), clocks_(which_are_audio(tracks)), unplaced_(tracks.size()) {
    for (auto& track : tracks) {
        lanes_.push_back({.depacketizer = {std::move(track.track), track.settings},
                          .start_rtptime = track.start_rtptime});
    }
}

std::expected<Fed, Error> Receiver::on_rtp(std::size_t number, base::ByteView packet,
                                           base::Timestamp arrival, std::vector<media::Unit>& out) {
    if (number >= lanes_.size()) return std::unexpected(Error::wrong_payload_type);
    auto& lane = lanes_[number];
    bool const placed = clocks_.placed(number);
    auto& units = placed ? out : waiting_;
    auto const before = units.size();
    auto const fed = lane.depacketizer.feed(packet, units);
    if (placed) {
        for (auto i = before; i < units.size(); ++i) shift(units[i]);
    } else if (units.size() > before) {
        note_waiting(number, before, arrival);
    }
    if (unplaced_ != 0) place(arrival, out);
    return fed;
}

void Receiver::note_waiting(std::size_t number, std::size_t first_fresh, base::Timestamp arrival) {
    auto& lane = lanes_[number];
    for (auto i = first_fresh; i < waiting_.size(); ++i) {
        waiting_bytes_ += waiting_[i].payload.size();
        auto const zero = arrival - believable(waiting_[i].dts);
        lane.soonest = lane.begun ? std::min(lane.soonest, zero) : zero;
        lane.begun = true;
    }
    if (!waiting_since_) waiting_since_ = arrival;
    if (lane.early_report) date(number, *std::exchange(lane.early_report, std::nullopt));
}

void Receiver::on_report(std::size_t number, SenderReport const& report, base::Timestamp arrival,
                         std::vector<media::Unit>& out) {
    if (number >= lanes_.size() || report.ntp == 0) return;
    auto& lane = lanes_[number];
    if (lane.begun) {
        date(number, report);
    } else {
        lane.early_report = report;
    }
    if (unplaced_ != 0) place(arrival, out);
}

void Receiver::date(std::size_t number, SenderReport const& report) {
    auto const at = lanes_[number].depacketizer.time_of(report.rtptime);
    if (at < -kMostTime || at > kMostTime) return;
    clocks_.report(number, unix_from_ntp(report.ntp) - at);
}

void Receiver::on_time(base::Timestamp now, std::vector<media::Unit>& out) {
    if (unplaced_ != 0) place(now, out);
}

// Gives the tracks whose units wait their places on the time line, once enough is known or they
// have waited long enough.
void Receiver::place(base::Timestamp now, std::vector<media::Unit>& out) {
    if (waiting_.empty()) return;
    auto const waited = now - *waiting_since_;
    bool const full = waiting_.size() >= kMaxWaitingUnits || waiting_bytes_ >= kMaxWaitingBytes;
    bool const overdue = full || waited >= report_wait_;
    if (unplaced_ == lanes_.size()) {
        if (!overdue && !may_start(waited)) return;
        start();
    } else {
        join(overdue);
    }
    release(out);
}

bool Receiver::may_start(base::Timestamp waited) const {
    if (lanes_.size() == 1) return true;
    bool all_begun = true;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (!clocks_.reported(i) && !lanes_[i].early_report) return false;
        all_begun = all_begun && lanes_[i].begun;
    }
    return all_begun || waited >= kFirstUnitsWait;
}

// Places all tracks that have begun. The earliest of their units is the start of the time line.
void Receiver::start() {
    auto const to = anchor([this](std::size_t i) { return lanes_[i].begun; });
    auto earliest = base::Timestamp::max();
    for (auto const& unit : waiting_) {
        earliest = std::min(earliest, believable(unit.dts) + apart(unit.track, to));
    }
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (!lanes_[i].begun) continue;
        clocks_.place(i, apart(i, to) - earliest + kLeadTime);
        --unplaced_;
    }
}

// Places tracks that have begun later. overdue: even those without a report.
void Receiver::join(bool overdue) {
    auto const to = anchor([this](std::size_t i) { return clocks_.placed(i); });
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (!lanes_[i].begun || clocks_.placed(i)) continue;
        if (!overdue && !clocks_.apart(i, to)) continue;
        clocks_.place(i, clocks_.offset(to) + apart(i, to));
        --unplaced_;
    }
}

// The track that the others are placed by: one with a report rather than one without, and then
// sound rather than video.
template <class Among>
std::size_t Receiver::anchor(Among among) const {
    std::optional<std::size_t> best;
    auto const weight = [this](std::size_t i) {
        return (clocks_.reported(i) ? 2 : 0) +
               (lanes_[i].depacketizer.track().kind() == media::Kind::audio ? 1 : 0);
    };
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (among(i) && (!best || weight(i) > weight(*best))) best = i;
    }
    return *best;
}

// By how much the time 0 of a track is later than that of another one: by the reports, otherwise by
// RTP-Info, otherwise by the arrival of their units. A difference that no sender would make is not
// believed.
base::Timestamp Receiver::apart(std::size_t number, std::size_t to) const {
    auto const& lane = lanes_[number];
    auto const& other = lanes_[to];
    auto const by_arrival = lane.soonest - other.soonest;
    auto const possible = [&](base::Timestamp by) {
        return std::chrono::abs(by - by_arrival) <= SenderClocks::kMaxApart;
    };
    if (auto const by_report = clocks_.apart(number, to); by_report && possible(*by_report)) {
        return *by_report;
    }
    if (lane.start_rtptime && other.start_rtptime) {
        auto const by_start = other.depacketizer.time_of(*other.start_rtptime) -
                              lane.depacketizer.time_of(*lane.start_rtptime);
        if (possible(by_start)) return by_start;
    }
    return by_arrival;
}

void Receiver::release(std::vector<media::Unit>& out) {
    std::erase_if(waiting_, [&](media::Unit& unit) {
        if (!clocks_.placed(unit.track)) return false;
        waiting_bytes_ -= unit.payload.size();
        shift(out.emplace_back(std::move(unit)));
        return true;
    });
    if (waiting_.empty()) waiting_since_.reset();
}

void Receiver::shift(media::Unit& unit) {
    auto const dts = believable(unit.dts);
    auto const by = clocks_.advance(unit.track, dts);
    unit.dts = dts + by;
    unit.pts = believable(unit.pts) + by;
}

std::optional<base::Timestamp> Receiver::time_of(std::size_t number, std::uint32_t rtptime) const {
    if (number >= lanes_.size() || !clocks_.placed(number)) return std::nullopt;
    return believable(lanes_[number].depacketizer.time_of(rtptime)) + clocks_.offset(number);
}

media::Tracks Receiver::tracks() const {
    media::Tracks tracks;
    for (auto const& lane : lanes_) tracks.push_back(lane.depacketizer.track());
    return tracks;
}

std::uint64_t Receiver::packets_lost() const {
    std::uint64_t lost = 0;
    for (auto const& lane : lanes_) lost += lane.depacketizer.packets_lost();
    return lost;
}

}  // namespace tidegate::rtp
