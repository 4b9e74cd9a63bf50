// Maps a publication's media time to wall time, for sender reports (RFC 3550 §6.4.1). All tracks
// use the same mapping, so every reader gets them as far apart as they were sent. The mapping
// follows the units that arrived with the least delay after their decode time. Presentation times
// would not do: they may be ahead of the arrival. Pure; one thread.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.hpp"

namespace tidegate::router {

class WallClock {
public:
    // How fast the mapping moves: twice the drift of two crystals (100 ppm), so that it can follow.
    // Between two reports to a reader (10 s) it moves by 2 ms.
    static constexpr std::int64_t kMaxSlewPpm = 200;
    // A smaller error is not corrected: no reader's clock is better, and a mapping that does not
    // move causes no steps at readers.
    static constexpr std::chrono::milliseconds kTolerance{20};
    // How far back the least delay is looked for. In this time, at least one unit arrives without
    // delay.
    static constexpr std::chrono::seconds kWindow{10};
    // At most one unit in this time is observed. More would tell nothing new, and each costs a
    // reading of the clock.
    static constexpr std::chrono::milliseconds kSampleInterval{20};

    // Whether observe() wants the unit of this decode time.
    bool wants(base::Timestamp dts) const { return !started_ || dts >= next_sample_; }

    // observe() was called.
    bool started() const { return started_; }

    // A unit has arrived. now: Unix time.
    void observe(base::Timestamp dts, std::chrono::nanoseconds now) {
        auto const advance = dts - (next_sample_ - kSampleInterval);
        auto const offset = now - dts;
        if (!started_) {
            started_ = true;
            window_end_ = dts + kWindow;
            least_before_ = least_ = offset_ = offset;
        } else if (dts >= window_end_) {
            window_end_ = dts + kWindow;
            least_before_ = least_;
            least_ = offset;
        }
        next_sample_ = dts + kSampleInterval;
        least_ = std::min(least_, offset);
        follow(std::min(least_, least_before_), advance);
    }

    // Unix time of a media time. After the first call the mapping moves slowly and never jumps.
    // REQUIRES: observe() was called.
    std::chrono::nanoseconds map(base::Timestamp at) {
        told_ = true;
        return at + offset_;
    }

private:
    void follow(std::chrono::nanoseconds wanted, base::Timestamp advance) {
        auto const error = wanted - offset_;
        if (!told_) {
            offset_ = wanted;
        } else if (std::chrono::abs(error) > kTolerance) {
            auto const most = advance * kMaxSlewPpm / 1'000'000;
            offset_ += std::clamp(error, -most, most);
        }
    }

    bool started_ = false;
    bool told_ = false;
    base::Timestamp next_sample_{};
    base::Timestamp window_end_{};
    std::chrono::nanoseconds least_{}, least_before_{};  // of this window and the one before
    std::chrono::nanoseconds offset_{};
};

}  // namespace tidegate::router
