// When the next request may go: a bucket that lets `burst` requests go at once and fills by `rate`
// a second (the generic cell rate algorithm), and pauses that the server asks for. Pure: times are
// arguments. One for each client.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace tidegate::kubernetes {

class Pace {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    // REQUIRES: rate > 0, burst > 0.
    Pace(double rate, std::size_t burst)
        : period_(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / rate))),
          ahead_(period_ * static_cast<Duration::rep>(burst - 1)) {}

    // A request's turn. To be called in the order in which requests are to go; the time may be in
    // the past of a later pause(), so look at paused_until() when it has come.
    Time take(Time now) {
        next_ = std::max(next_, now);
        auto const turn = std::max(now, next_ - ahead_);
        next_ += period_;
        return turn;
    }
    // Nobody sends before `until`.
    void pause(Time until) { paused_until_ = std::max(paused_until_, until); }
    Time paused_until() const { return paused_until_; }

private:
    Duration const period_, ahead_;
    Time next_{};  // when the bucket is full again
    Time paused_until_{};
};

}  // namespace tidegate::kubernetes
