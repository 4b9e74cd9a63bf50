#include "router/rtmp/reader.hpp"

#include <utility>

namespace tidegate::router {

RtmpReader::RtmpReader(Session session, ReaderSeat seat, std::vector<std::size_t> const& playable)
    : writes_(session.writes), session_(std::move(session)), seat_(std::move(seat)) {
    auto const tracks = seat_.stream()->tracks();
    wanted_.resize(tracks->size());
    waiting_.resize(tracks->size());
    owed_headers_.resize(tracks->size());
    for (auto const index : playable) {
        wanted_[index] = true;
        wait_for_keyframe(index, (*tracks)[index].kind() == media::Kind::video);
    }
    wants_all_ = playable.size() == tracks->size();
    seat_.stream()->outlet(session_.loop)->add(*this);
}

RtmpReader::~RtmpReader() {
    session_.record->without_picture.store(false, std::memory_order_relaxed);
    seat_.stream()->outlet(session_.loop)->remove(*this);
}

void RtmpReader::begin_with_cache() {
    auto const& stream = *seat_.stream();
    auto const beginning = stream.beginning(WireForm::rtmp_message);
    if (beginning.items.empty()) return;
    stream.outlet(session_.loop)->hand(*this, beginning.items);
    had_.note(beginning);
    ++waiting_count_;
}

bool RtmpReader::has_already(FanoutItem const& item) {
    if (!had_.pending()) return false;
    bool const covered = had_.covers(item);
    if (!had_.pending()) --waiting_count_;
    return covered;
}

bool RtmpReader::offer(FanoutItem const& item) {
    if (has_already(item)) return false;
    if (!wanted_[item.unit.track] || item.as(WireForm::rtmp_message).empty()) return false;
    bool const waited = !item.changed_track && waiting_[item.unit.track];
    if (waited && !may_begin(item)) {
        watch_.pictures.withheld(false);
        return false;
    }
    if (pay_header(item) && session_.writes.push(item.as(WireForm::rtmp_message))) {
        if (waited) begin(item.unit.track);
        return true;
    }
    if (item.changed_track) owe_header(item);
    if (item.video && !item.changed_track) watch_.pictures.withheld(item.unit.keyframe);
    wait_for_keyframe(item.unit.track, item.video);
    session_.record->discarded.fetch_add(1, std::memory_order_relaxed);
    watch_.slow.discarded(1);
    return false;
}

// A changed sequence header that found no room is not lost: what follows cannot be decoded without
// it, so it goes out before the track's next unit.
void RtmpReader::owe_header(FanoutItem const& item) {
    if (owed_headers_[item.unit.track].empty()) ++owed_count_;
    owed_headers_[item.unit.track] = item.as(WireForm::rtmp_message);
}

// False: there is still no room. A newer header takes the place of the owed one.
bool RtmpReader::pay_header(FanoutItem const& item) {
    if (owed_count_ == 0 || owed_headers_[item.unit.track].empty()) return true;
    if (!item.changed_track && !session_.writes.push(owed_headers_[item.unit.track])) return false;
    owed_headers_[item.unit.track] = {};
    --owed_count_;
    return true;
}

bool RtmpReader::may_begin(FanoutItem const& item) const {
    return item.unit.keyframe || session_.patience.over();
}

void RtmpReader::begin(std::size_t track) {
    wait_for_keyframe(track, false);
    watch_.pictures.resumed();
}

void RtmpReader::missed(Missed const& count) {
    session_.record->discarded.fetch_add(count.items, std::memory_order_relaxed);
    watch_.slow.discarded(count.items);
}

void RtmpReader::wait_for_keyframe(std::size_t track, bool wait) {
    if (waiting_[track] == wait) return;
    waiting_[track] = wait;
    if (wait) session_.patience.begin();
    waiting_count_ = wait ? waiting_count_ + 1 : waiting_count_ - 1;
}

void RtmpReader::flush() {
    writes_.flush();
}

// A reader that takes everything, which nearly all do nearly always, gets it in one piece.
std::uint64_t RtmpReader::deliver(FanoutBatch& batch) {
    if (wants_all_ && waiting_count_ == 0 && owed_count_ == 0) {
        auto const& joined = batch.joined(WireForm::rtmp_message);
        if (!joined.bytes.empty() && writes_.write(joined.bytes, joined.messages)) {
            return batch.rtp_bytes();
        }
    }
    return Reader::deliver(batch);
}

void RtmpReader::show_bytes() {
    session_.record->outbound_bytes.store(session_.writes.bytes_sent(), std::memory_order_relaxed);
}

}  // namespace tidegate::router
