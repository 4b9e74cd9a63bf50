// The readers of one stream on one event loop. The publisher appends to its inbox from any thread
// and wakes the loop only on the first append; the loop drains once per turn. What is not to be
// written yet waits here, once for all readers; then each reader gets it in one write (design §5).
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "media/limits.hpp"
#include "media/track.hpp"
#include "router/stream/fanout_batch.hpp"
#include "router/stream/fanout_item.hpp"
#include "router/stream/keyframe_patience.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

// One reading session. Every call comes from the outlet's loop and must not destroy the reader.
class Reader {
public:
    virtual ~Reader() = default;
    // Queues the item, or drops and counts it. Returns whether it was queued.
    virtual bool offer(FanoutItem const& item) = 0;
    virtual void flush() = 0;
    // Offers all items and flushes, in a reader's cheapest way. Returns the RTP bytes that were
    // queued.
    virtual std::uint64_t deliver(FanoutBatch& batch);
    // What deliver() touches first beside the reader itself: fetched ahead of its turn.
    virtual void const* hot() const { return this; }
    // Items never came this far, since this loop was too far behind: they count as discarded.
    struct Missed {
        std::uint32_t items = 0;
        std::uint32_t rtp_packets = 0;
    };
    virtual void missed(Missed const&) {}
    // The stream has ended: the session closes soon, on its own.
    virtual void stream_ended() = 0;
};

// How long an audio unit may wait for the next video unit, so that both go out in one write (design
// §5).
inline constexpr std::chrono::milliseconds kDefaultAudioWait{40};

// What may wait for a loop that does not come to it: as much as for one reader, and as many items
// as come in a minute. Beyond it whole units are dropped, up to the next key frame if one comes
// soon.
inline constexpr std::size_t kMaxInboxBytes = media::kMaxQueued;
inline constexpr std::size_t kMaxInboxItems = 8192;

class Outlet : public std::enable_shared_from_this<Outlet> {
public:
    // outbound_bytes: the stream's counter, bumped once per item. It outlives the outlet.
    // merge_window: 0, or how long units gather before they are written (throughput before delay).
    struct Settings {
        std::chrono::milliseconds audio_wait = kDefaultAudioWait;
        std::chrono::milliseconds merge_window{0};
        KeyframePatience patience{};
    };
    Outlet(asio::io_context& loop, Settings settings, bool has_video,
           std::shared_ptr<std::atomic<std::uint64_t>> outbound_bytes);

    // Any thread.
    void publish(FanoutItem const& item);
    void end();
    // Fetches what publish() and the flush after it will touch; only on the outlet's own loop,
    // where they are the next to touch it. The publisher's thread.
    void prefetch() const;
    bool has_readers() const { return reader_count_.load(std::memory_order_relaxed) != 0; }

    // The outlet's loop only. A reader added after end() is told so at once.
    void add(Reader& reader);
    void remove(Reader& reader);

private:
    bool admit(FanoutItem const& item, bool crowded);  // REQUIRES: mutex_ is held
    void post_drain();
    void drain();
    void hand_over();
    void schedule_flush(bool video_seen);
    void flush();

    asio::io_context& loop_;
    Settings const settings_;
    bool const has_video_;
    std::shared_ptr<std::atomic<std::uint64_t>> outbound_bytes_;
    std::atomic<std::size_t> reader_count_{0};

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
