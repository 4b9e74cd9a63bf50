#include "router/stream/outlet.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>
#include <utility>

#include "base/cache_line.hpp"

namespace tidegate::router {

namespace {

// A picture and the audio that came with it.
constexpr std::size_t kPrefetchedItems = 2;

}  // namespace

std::uint64_t Reader::deliver(FanoutBatch& batch) {
    std::uint64_t queued = 0;
    for (auto const& item : batch.items()) queued += offer(item) ? item.rtp.bytes : 0;
    flush();
    return queued;
}

Outlet::Outlet(asio::io_context& loop, Settings settings, bool has_video,
               std::shared_ptr<std::atomic<std::uint64_t>> outbound_bytes)
    : loop_(loop),
      settings_(settings),
      has_video_(has_video),
      outbound_bytes_(std::move(outbound_bytes)),
      patience_(settings.patience),
      flush_timer_(loop) {}

void Outlet::publish(FanoutItem const& item) {
    {
        std::lock_guard const lock(mutex_);
        inbox_bytes_ += item.memory();
        bool const crowded = inbox_bytes_ > kMaxInboxBytes || inbox_.size() >= kMaxInboxItems;
        if ((crowded || broken_off_ != 0) && !admit(item, crowded)) return;
        inbox_.push_back(item);
        bool const waits = collected_.load(std::memory_order_relaxed) && !item.changed_track &&
                           inbox_.size() < kMostUncollected;
        if (waits || std::exchange(wake_posted_, true)) return;
    }
    post_drain();
}

void Outlet::ask_who_collects() {
    bool const all = std::ranges::all_of(readers_, &Reader::collects);
    collected_.store(all && !readers_.empty(), std::memory_order_relaxed);
}

void Outlet::collect() {
    drain();
    if (!waiting_.empty()) flush();
}

// Decides whether an item goes into an inbox that is full, or of which a track waits for a key
// frame. A changed sequence header goes in as long as there is any room, because the pictures
// behind it cannot be decoded without it.
bool Outlet::admit(FanoutItem const& item, bool crowded) {
    auto const track = 1U << item.unit.track;
    bool const waits = item.video && (broken_off_ & track) != 0;
    bool const header = item.changed_track && inbox_.size() < 2 * kMaxInboxItems;
    if (header) return true;
    if (!crowded && (!waits || item.unit.keyframe || patience_.over())) {
        broken_off_ &= ~track;
        return true;
    }
    if (item.video && !waits) {
        broken_off_ |= track;
        patience_.begin();
    }
    inbox_bytes_ -= item.memory();
    ++missed_.items;
    missed_.rtp_packets += item.rtp.packets;
    return false;
}

void Outlet::prefetch() const {
    if (!loop_.get_executor().running_in_this_thread()) return;
    base::prefetch(this);
    base::prefetch(inbox_.data(), kPrefetchedItems * sizeof(FanoutItem));
    base::prefetch(outbound_bytes_.get());
    if (readers_.empty()) return;
    base::prefetch(readers_.front(), base::kCacheLine);  // the others follow from it: flush()
    base::prefetch(hot_.front(), base::kCacheLine);
}

void Outlet::end() {
    {
        std::lock_guard const lock(mutex_);
        end_requested_ = true;
        if (std::exchange(wake_posted_, true)) return;
    }
    post_drain();
}

void Outlet::post_drain() {
    asio::post(loop_, [self = shared_from_this()] { self->drain(); });
}

void Outlet::add(Reader& reader) {
    if (collected_.load(std::memory_order_relaxed)) collect();
    hand_over();  // what came before it is not for it
    readers_.push_back(&reader);
    hot_.push_back(reader.hot());
    reader_count_.fetch_add(1, std::memory_order_relaxed);
    ask_who_collects();
    if (ended_) reader.stream_ended();
}

void Outlet::hand(Reader& reader, std::span<FanoutItem const> items) {
    std::uint64_t queued = 0;
    for (auto const& item : items) queued += reader.offer(item) ? item.rtp.bytes : 0;
    reader.flush();
    outbound_bytes_->fetch_add(queued, std::memory_order_relaxed);
}

void Outlet::remove(Reader& reader) {
    auto const at = std::ranges::find(readers_, &reader);
    if (at == readers_.end()) return;
    if (reader.collects()) collect();
    hot_.erase(hot_.begin() + (at - readers_.begin()));
    readers_.erase(at);
    reader_count_.fetch_sub(1, std::memory_order_relaxed);
    ask_who_collects();
}

void Outlet::drain() {
    bool end = false;
    Reader::Missed missed;
    {
        std::lock_guard const lock(mutex_);
        arrived_.swap(inbox_);
        inbox_bytes_ = 0;
        missed = std::exchange(missed_, {});
        wake_posted_ = false;
        end = end_requested_;
    }
    bool const arrived = !arrived_.empty();
    bool const video_seen = std::ranges::any_of(arrived_, &FanoutItem::video);
    if (waiting_.empty()) {
        waiting_.swap(arrived_);
    } else {
        std::ranges::move(arrived_, std::back_inserter(waiting_));
    }
    if (missed.items != 0) {
        for (auto* const reader : readers_) reader->missed(missed);
    }
    bool const collected = collected_.load(std::memory_order_relaxed);
    if (arrived && collected) flush();
    if (arrived && !collected) schedule_flush(video_seen);
    arrived_.clear();
    if (!end || std::exchange(ended_, true)) return;
    flush();
    for (auto* const reader : readers_) reader->stream_ended();
}

// Into the readers' own queues; the write comes with the flush.
void Outlet::hand_over() {
    std::uint64_t queued = 0;
    for (auto const& item : waiting_) {
        for (auto* const reader : readers_) queued += reader->offer(item) ? item.rtp.bytes : 0;
    }
    waiting_.clear();
    outbound_bytes_->fetch_add(queued, std::memory_order_relaxed);
}

void Outlet::schedule_flush(bool video_seen) {
    bool const merging = settings_.merge_window.count() > 0;
    bool const audio_waits = has_video_ && !video_seen && settings_.audio_wait.count() > 0;
    if (!merging && !audio_waits) return flush();
    if (std::exchange(flush_armed_, true)) return;
    flush_timer_.expires_after(merging ? settings_.merge_window : settings_.audio_wait);
    flush_timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (!error) self->flush();
    });
}

void Outlet::flush() {
    if (std::exchange(flush_armed_, false)) flush_timer_.cancel();
    FanoutBatch batch(waiting_, readers_.size());
    std::uint64_t queued = 0;
    for (std::size_t i = 0; i < readers_.size(); ++i) {
        if (i + 1 < readers_.size()) {
            base::prefetch(readers_[i + 1], base::kCacheLine);
            base::prefetch(hot_[i + 1], base::kCacheLine);
        }
        queued += readers_[i]->deliver(batch);
    }
    ask_who_collects();
    waiting_.clear();
    outbound_bytes_->fetch_add(queued, std::memory_order_relaxed);
}

}  // namespace tidegate::router
