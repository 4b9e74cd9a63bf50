#include "router/rtsp/reader.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/time.hpp"
#include "rtp/train.hpp"

namespace tidegate::router {

RtspReader::RtspReader(Session session, ReaderSeat seat)
    : writes_(session.writes), session_(std::move(session)), seat_(std::move(seat)) {
    auto const& stream = *seat_.stream();
    lanes_.resize(stream.tracks()->size());
    for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i].ssrc = stream.rtp_position(i).ssrc;
    stream.outlet(session_.loop)->add(*this);
}

RtspReader::~RtspReader() {
    show_counters();
    seat_.stream()->outlet(session_.loop)->remove(*this);
}

std::vector<std::uint32_t> RtspReader::ssrcs() const {
    std::vector<std::uint32_t> ssrcs;
    for (auto const& lane : lanes_) ssrcs.push_back(lane.ssrc);
    return ssrcs;
}

std::vector<rtsp::ServerSession::Position> RtspReader::play(
    std::span<rtsp::SetUpTrack const> setups) {
    std::vector<rtsp::ServerSession::Position> positions;
    auto const tracks = seat_.stream()->tracks();
    if (std::exchange(session_.wants_cache, false)) {  // not after a pause: time would go back
        beginning_ = seat_.stream()->beginning(WireForm::interleaved_rtp);
    }
    for (auto const& setup : setups) {
        auto const position = start_of(setup.track);
        if (!playing_) {  // a second PLAY changes nothing
            auto& lane = lanes_[setup.track];
            want(lane, setup, (*tracks)[setup.track].kind() == media::Kind::video);
            lane.first_sequence = position.next_sequence;
        }
        auto& shown = positions.emplace_back(setup.track, position.next_sequence, std::nullopt);
        if (position.next_sequence) shown.rtptime = position.rtp_time;
    }
    if (!playing_) session_.patience.begin();
    playing_ = !outdated_;
    look_for_work();
    return positions;
}

// Where the track's first packet stands.
RtpPosition RtspReader::start_of(std::size_t track) const {
    auto position = seat_.stream()->rtp_position(track);
    auto const& cached = beginning_.items;
    if (cached.empty() || !position.next_sequence) return position;
    auto const clock_rate = (*seat_.stream()->tracks())[track].clock_rate();
    auto const back = base::to_ticks(position.at - cached.front().unit.dts, clock_rate);
    position.rtp_time -= static_cast<std::uint32_t>(back);
    auto const first = std::ranges::find(
        cached, track, [](FanoutItem const& item) { return std::size_t{item.unit.track}; });
    if (first != cached.end()) position.next_sequence = first->rtp.sequence;
    return position;
}

// Of what waits in the outlet, the packets that were cached, too, come before the lanes'
// first_sequence then.
void RtspReader::send_cached() {
    auto const cached = std::exchange(beginning_, {}).items;
    if (cached.empty()) return;
    seat_.stream()->outlet(session_.loop)->hand(*this, cached);
    for (auto const& item : cached) {
        auto const next = static_cast<std::uint16_t>(item.rtp.sequence + item.rtp.packets);
        if (auto& lane = lanes_[item.unit.track]; lane.wanted) lane.first_sequence = next;
    }
    look_for_work();
}

void RtspReader::want(Lane& lane, rtsp::SetUpTrack const& setup, bool video) {
    lane.wanted = true;
    lane.channel = setup.channel;
    lane.usual_channel = setup.channel == rtp::usual_channel(setup.track);
    lane.waiting_keyframe = video;
}

void RtspReader::pause() {
    playing_ = takes_all_ = false;
    watch_.pictures.forget();
    session_.record->without_picture.store(false, std::memory_order_relaxed);
    show_counters();
}

void RtspReader::on_report(std::uint16_t track, rtp::ReportBlock const& block) {
    if (track >= lanes_.size() || block.ssrc != lanes_[track].ssrc) return;
    lanes_[track].reported_lost = block.cumulative_lost;
}

// Repeated packets can make a track's figure negative.
std::uint64_t RtspReader::reported_lost() const {
    std::uint64_t lost = 0;
    for (auto const& lane : lanes_) {
        lost += static_cast<std::uint64_t>(std::max(lane.reported_lost, 0));
    }
    return lost;
}

bool RtspReader::wants(Lane& lane, FanoutItem const& item) {
    if (!playing_ || !lane.wanted || item.as(WireForm::interleaved_rtp).empty()) return false;
    if (lane.first_sequence) {
        auto const ahead = static_cast<std::int16_t>(item.rtp.sequence - *lane.first_sequence);
        if (ahead < 0) return false;  // made before PLAY was answered
        lane.first_sequence.reset();
    }
    if (!lane.waiting_keyframe || may_begin(lane, item)) return true;
    watch_.pictures.withheld(false);
    return false;
}

bool RtspReader::may_begin(Lane& lane, FanoutItem const& item) const {
    if (!item.unit.keyframe && !session_.patience.over()) return false;
    lane.waiting_keyframe = false;
    return true;
}

// What was queued before the change still goes out; nothing with another clock follows it.
void RtspReader::become_outdated() {
    if (std::exchange(outdated_, true)) return;
    playing_ = takes_all_ = false;
    session_.on_redescribed();
}

bool RtspReader::offer(FanoutItem const& item) {
    if (item.redescribed && (!playing_ || lanes_[item.unit.track].wanted)) become_outdated();
    auto& lane = lanes_[item.unit.track];
    bool const waited = lane.waiting_keyframe;
    if (!wants(lane, item)) return false;
    report_if_due(lane, item);
    if (!writes_.has_room(item.as(WireForm::interleaved_rtp).size(),
                          item.rtp.packets)) {  // before a copy is made
        count_dropped(lane, item);
        return false;
    }
    writes_.push(lane.usual_channel
                     ? item.as(WireForm::interleaved_rtp)
                     : rtp::patch_channel(item.as(WireForm::interleaved_rtp), lane.channel),
                 item.rtp.packets);
    if (waited) watch_.pictures.resumed();
    count_sent(lane, item);
    return true;
}

// What has to be done before deliver() may hand over everything in one piece.
void RtspReader::look_for_work() {
    takes_all_ = playing_;
    next_report_ = std::chrono::steady_clock::time_point::max();
    for (auto const& lane : lanes_) {
        takes_all_ = takes_all_ && lane.wanted && lane.usual_channel && !lane.waiting_keyframe &&
                     !lane.first_sequence && lane.last_report;
        if (lane.last_report) {
            next_report_ = std::min(next_report_, *lane.last_report + kSenderReportInterval);
        }
    }
}

std::uint64_t RtspReader::deliver(FanoutBatch& batch) {
    if (takes_all_ && !batch.redescribed() && batch.now() < next_report_) {
        auto const& joined = batch.joined(WireForm::interleaved_rtp);
        if (!joined.bytes.empty() && writes_.write(joined.bytes, joined.messages)) {
            for (auto const& item : batch.items()) {
                if (!item.as(WireForm::interleaved_rtp).empty())
                    count_sent(lanes_[item.unit.track], item);
            }
            return joined.rtp_bytes;
        }
    }
    auto const queued = Reader::deliver(batch);
    look_for_work();
    return queued;
}

bool RtspReader::report_due(Lane const& lane, std::chrono::steady_clock::time_point now) const {
    return !lane.last_report || now - *lane.last_report >= kSenderReportInterval;
}

// Before the first packet, so that a player can align the tracks from their first units on.
void RtspReader::report_if_due(Lane& lane, FanoutItem const& item) {
    auto const now = std::chrono::steady_clock::now();
    if (!report_due(lane, now)) return;
    lane.last_report = now;
    auto const report = rtp::write_rtcp(
        rtp::SenderReport{.ssrc = lane.ssrc,
                          .ntp = rtp::ntp_from_unix(std::chrono::nanoseconds{item.rtp.wall_ns}),
                          .rtptime = item.rtp.time,
                          .packets = lane.packets,
                          .octets = lane.octets,
                          .blocks = {}});
    auto const channel = static_cast<std::uint8_t>(lane.channel + 1);
    writes_.push_reply(rtp::interleave(channel, report));
    session_.record->outbound_rtcp_packets.fetch_add(1, std::memory_order_relaxed);
    bytes_ += report.size();
}

void RtspReader::count_sent(Lane& lane, FanoutItem const& item) {
    lane.packets += item.rtp.packets;
    lane.octets += item.rtp.bytes - item.rtp.packets * static_cast<std::uint32_t>(rtp::kHeaderSize);
    packets_ += item.rtp.packets;
    bytes_ += item.rtp.bytes;
}

void RtspReader::show_counters() {
    session_.record->outbound_packets.store(packets_, std::memory_order_relaxed);
    session_.record->outbound_bytes.store(bytes_, std::memory_order_relaxed);
}

void RtspReader::missed(Missed const& count) {
    if (!playing_) return;
    session_.record->discarded.fetch_add(count.rtp_packets, std::memory_order_relaxed);
    watch_.slow.discarded(count.items);
}

void RtspReader::count_dropped(Lane& lane, FanoutItem const& item) {
    if (item.video && !std::exchange(lane.waiting_keyframe, true)) session_.patience.begin();
    takes_all_ = false;
    if (item.video) watch_.pictures.withheld(item.unit.keyframe);
    session_.record->discarded.fetch_add(item.rtp.packets, std::memory_order_relaxed);
    watch_.slow.discarded(1);
}

}  // namespace tidegate::router
