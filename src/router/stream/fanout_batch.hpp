// The items that an outlet hands to its readers in one go. A reader that takes all of them can have
// their bytes in one piece: they are joined once per wire form, when the first such reader asks.
// One event loop.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <utility>

#include "base/shared_bytes.hpp"
#include "router/stream/fanout_item.hpp"

namespace tidegate::router {

// From this number of readers on, one copy of the bytes costs less than gathering them for each.
inline constexpr std::size_t kReadersWorthACopy = 4;
// Up to this size the bytes are joined even for one reader: copying them costs less than gathering.
inline constexpr std::size_t kAlwaysWorthACopy = 4096;

class FanoutBatch {
public:
    FanoutBatch(std::span<FanoutItem const> items, std::size_t readers)
        : items_(items), copy_any_size_(readers >= kReadersWorthACopy) {
        for (auto const& item : items_) {
            rtp_bytes_ += item.rtp.bytes;
            redescribed_ = redescribed_ || item.redescribed;
        }
    }

    std::span<FanoutItem const> items() const { return items_; }

    // The bytes of all items in one wire form.
    struct Joined {
        base::SharedBytes bytes;     // empty: the reader takes item by item
        std::uint32_t messages = 0;  // FanoutItem::messages() of all
        std::uint32_t rtp_bytes = 0;
    };
    Joined const& joined(WireForm form) {
        auto& lazy = joined_[static_cast<std::size_t>(form)];
        if (!std::exchange(lazy.made, true)) join(form, lazy.joined);
        return lazy.joined;
    }

    // RTP bytes of all items: what the byte counters count.
    std::uint64_t rtp_bytes() const { return rtp_bytes_; }
    // Whether one of the items has this flag.
    bool redescribed() const { return redescribed_; }
    // The time at which the batch was made: the same for all its readers.
    std::chrono::steady_clock::time_point now() const { return now_; }

private:
    struct Lazy {
        bool made = false;
        Joined joined;
    };
    void join(WireForm form, Joined& joined) const;

    std::span<FanoutItem const> items_;
    bool const copy_any_size_;
    std::uint64_t rtp_bytes_ = 0;
    bool redescribed_ = false;
    std::chrono::steady_clock::time_point const now_ = std::chrono::steady_clock::now();
    std::array<Lazy, kWireForms> joined_;
};

}  // namespace tidegate::router
