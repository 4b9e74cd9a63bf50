// The items that an outlet hands to its readers in one go. For a reader that takes all of them,
// their wire bytes are also there in one piece: made once, when the first such reader asks. One
// loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <utility>

#include "base/shared_bytes.hpp"
#include "router/stream/fanout_item.hpp"

namespace tidegate::router {

// From so many readers on, one copy of the bytes costs less than gathering them for each.
inline constexpr std::size_t kReadersWorthACopy = 4;
// So few bytes are copied sooner than gathered, even for one reader: a small stream's turn.
inline constexpr std::size_t kAlwaysWorthACopy = 4096;

class FanoutBatch {
public:
    FanoutBatch(std::span<FanoutItem const> items, std::size_t readers)
        : items_(items), copy_any_size_(readers >= kReadersWorthACopy) {
        for (auto const& item : items_) {
            rtp_bytes_ += item.rtp_bytes;
            redescribed_ = redescribed_ || item.redescribed;
        }
    }

    std::span<FanoutItem const> items() const { return items_; }

    // One protocol's bytes of all items.
    struct Joined {
        base::SharedBytes bytes;     // empty: to be taken item by item
        std::uint32_t messages = 0;  // RTMP messages or RTP packets
        std::uint32_t rtp_bytes = 0;
    };
    Joined const& rtmp() { return joined(rtmp_, &FanoutItem::rtmp); }
    Joined const& rtsp() { return joined(rtsp_, &FanoutItem::rtsp); }

    // RTP bytes of all items: what the byte counters count.
    std::uint64_t rtp_bytes() const { return rtp_bytes_; }
    // Whether one of the items says so.
    bool redescribed() const { return redescribed_; }
    // The same for all readers of the batch.
    std::chrono::steady_clock::time_point now() const { return now_; }

private:
    struct Lazy {
        bool made = false;
        Joined joined;
    };
    Joined const& joined(Lazy& lazy, base::SharedBytes FanoutItem::* bytes) {
        if (!std::exchange(lazy.made, true)) join(lazy.joined, bytes);
        return lazy.joined;
    }
    void join(Joined& joined, base::SharedBytes FanoutItem::* bytes) const;

    std::span<FanoutItem const> items_;
    bool const copy_any_size_;
    std::uint64_t rtp_bytes_ = 0;
    bool redescribed_ = false;
    std::chrono::steady_clock::time_point const now_ = std::chrono::steady_clock::now();
    Lazy rtmp_, rtsp_;
};

}  // namespace tidegate::router
