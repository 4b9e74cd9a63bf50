// Tells at what time of day media was taken. Units come late by a varying delay, and all at once
// when a router hands out what it has kept, so the one that came soonest counts. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/time.hpp"
#include "hls/core/settings.hpp"

namespace tidegate::hls {

// How fast the two clocks may drift apart: 1 ms a second, more than any crystal does.
inline constexpr int kDriftDivisor = 1000;
// A unit that is later than this is not late: somebody has set a clock.
inline constexpr base::Timestamp kMaxLateness = std::chrono::seconds(10);

class WallClock {
public:
    void reset() { *this = {}; }

    void observe(base::Timestamp media, WallTime wall) {
        auto const offset = wall.time_since_epoch() - media;
        if (!offset_ || offset < *offset_ || offset - *offset_ > kMaxLateness) {
            offset_ = offset;
        } else {
            *offset_ += std::min(offset - *offset_, (media - observed_) / kDriftDivisor);
        }
        observed_ = media;
    }
    // REQUIRES: observe() was called.
    WallTime at(base::Timestamp media) const { return WallTime(media + *offset_); }

private:
    std::optional<base::Timestamp> offset_;
    base::Timestamp observed_{};
};

}  // namespace tidegate::hls
