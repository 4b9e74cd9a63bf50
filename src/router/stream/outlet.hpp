// The readers of one stream on one event loop. The publisher puts items into the outlet's inbox,
// from any thread, and wakes the loop only when the inbox was empty, and not at all for readers
// that collect their items. The loop empties the inbox once per turn. Items that are not to be
// written yet wait here, once for all readers; then each reader gets them in one write.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "media/limits.hpp"
#include "media/track.hpp"
#include "router/stream/fanout_batch.hpp"
#include "router/stream/fanout_item.hpp"
#include "router/stream/keyframe_patience.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

// What an outlet knows of a reader. Every call comes from the outlet's loop, and must not destroy
// the reader.
class Reader {
public:
    virtual ~Reader() = default;
    // Queues the item for the client, or drops it and counts that. Returns whether it was queued.
    virtual bool offer(FanoutItem const& item) = 0;
    // Writes what is queued.
    virtual void flush() = 0;
    // Does offer() for all items and then flush(), in whatever way is cheapest for this reader.
    // Returns the RTP bytes of what was queued.
    virtual std::uint64_t deliver(FanoutBatch& batch);
    // The memory that deliver() touches first, beside the reader itself. The outlet prefetches
    // both.
    virtual void const* hot() const { return this; }
    // These items were dropped before they came to the reader, because this loop was too far
    // behind. The reader counts them as discarded.
    struct Missed {
        std::uint32_t items = 0;
        std::uint32_t rtp_packets = 0;
    };
    virtual void missed(Missed const&) {}
    // The stream has ended. The reader's session is expected to end by itself soon.
    virtual void stream_ended() = 0;
    // Whether the reader calls Outlet::collect() again and again. While all readers do, the loop
    // is not woken for each item. Is asked after each delivery.
    virtual bool collects() const { return false; }
};

// How long an audio unit may wait for the next video unit, so that both go out in one write.
inline constexpr std::chrono::milliseconds kDefaultAudioWait{40};

// What may wait in the inbox of a loop that is busy elsewhere: as much memory as may wait for one
// reader, and as many items as come in a minute. When it is full, whole units are dropped, up to
// the next key frame if one comes soon.
inline constexpr std::size_t kMaxInboxBytes = media::kMaxQueued;
inline constexpr std::size_t kMaxInboxItems = 8192;

// So many items wake the loop in any case: a second of pictures and sound.
inline constexpr std::size_t kMostUncollected = 128;

class Outlet : public std::enable_shared_from_this<Outlet> {
public:
    struct Settings {
        std::chrono::milliseconds audio_wait = kDefaultAudioWait;
        // How long units gather before they are written: fewer writes, more delay. 0: not at all.
        std::chrono::milliseconds merge_window{0};
        KeyframePatience patience{};
    };
    // outbound_bytes: the stream's counter of RTP bytes that its readers got.
    Outlet(asio::io_context& loop, Settings settings, bool has_video,
           std::shared_ptr<std::atomic<std::uint64_t>> outbound_bytes);

    // Any thread.
    void publish(FanoutItem const& item);
    void end();
    // Prefetches the memory that publish() and the following flush will touch, but only when the
    // publisher runs on the outlet's own loop: then they come next. The publisher's thread.
    void prefetch() const;
    bool has_readers() const { return reader_count_.load(std::memory_order_relaxed) != 0; }
    // A reader will be added on the outlet's loop, by what has been posted there before: it gets
    // what is published from here on. Each call needs one of expect_no_more(), after the add().
    void expect() { reader_count_.fetch_add(1, std::memory_order_relaxed); }
    void expect_no_more() { reader_count_.fetch_sub(1, std::memory_order_relaxed); }

    // The outlet's loop only. A reader that comes after end() is told so at once.
    void add(Reader& reader);
    // Gives the items to this reader alone, ahead of what the publisher has put into the inbox.
    void hand(Reader& reader, std::span<FanoutItem const> items);
    // What is there goes to the readers now.
    void collect();
    // A reader that collects gets first what is there.
    void remove(Reader& reader);

private:
    bool admit(FanoutItem const& item, bool crowded);  // REQUIRES: mutex_ is held
    void ask_who_collects();
    void post_drain();
    void drain();
    void hand_over();
    void schedule_flush(bool video_seen);
    void flush();

    asio::io_context& loop_;
    Settings const settings_;
    bool const has_video_;
    std::shared_ptr<std::atomic<std::uint64_t>> outbound_bytes_;
    std::atomic<std::size_t> reader_count_{0};  // with those that are expected

    std::atomic<bool> collected_{false};  // all readers collect

    std::mutex mutex_;
    std::vector<FanoutItem> inbox_;  // guarded by mutex_
    std::size_t inbox_bytes_ = 0;    // guarded by mutex_
    bool wake_posted_ = false;       // guarded by mutex_
    bool end_requested_ = false;     // guarded by mutex_
    Reader::Missed missed_;          // guarded by mutex_
    std::uint32_t broken_off_ = 0;   // guarded by mutex_: a bit by track that waits for a keyframe
    KeyframePatience patience_;      // guarded by mutex_: with them

    // The loop's alone.
    std::vector<Reader*> readers_;
    std::vector<void const*> hot_;     // by reader
    std::vector<FanoutItem> waiting_;  // for the next flush
    std::vector<FanoutItem> arrived_;  // kept for its capacity
    asio::steady_timer flush_timer_;
    bool flush_armed_ = false;
    bool ended_ = false;
};

}  // namespace tidegate::router
