// Maps a publication's media time to wall time, for sender reports (RFC 3550 §6.4.1). One straight
// line serves all tracks, so that every reader finds them as far apart as they were sent. It is
// laid through the units that came soonest after their decode time: presentation times, which may
// be ahead of their arrival, would lead it into the future. Pure; one thread.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.hpp"

namespace tidegate::router {

class WallClock {
public:
    // Twice what two crystals drift apart (100 ppm), so that the line follows them; between two
    // reports of a reader (10 s) it moves by 2 ms.
    static constexpr std::int64_t kMaxSlewPpm = 200;
    // An error up to this is left alone: no reader's clock is better, and a line that does not move
    // gives no reader a step.
    static constexpr std::chrono::milliseconds kTolerance{20};
    // A unit that came without delay is among those of so long.
    static constexpr std::chrono::seconds kWindow{10};
    // More units tell no more, and asking for the time is not free.
    static constexpr std::chrono::milliseconds kSampleInterval{20};

    // Whether observe() wants the unit of this decode time.
    bool wants(base::Timestamp dts) const { return !started_ || dts >= next_sample_; }

    // A unit has come; now: Unix time.
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

    // Unix time of an instant of the stream. From the first call on the line bends, but does not
    // break. REQUIRES: something was observed.
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
