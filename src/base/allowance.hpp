// What somebody may use up: a burst, which fills up again at a steady rate (a token bucket). Pure;
// the time is an argument.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tidegate::base {

class Allowance {
public:
    using Time = std::chrono::steady_clock::time_point;

    Allowance(double per_second, double burst, Time now)
        : per_second_(per_second), burst_(burst), left_(burst), as_of_(now) {}

    // False: there is not as much left. Then nothing is taken.
    bool take(double amount, Time now) {
        refill(now);
        if (amount > left_) return false;
        left_ -= amount;
        return true;
    }
    // How long until so much is there. REQUIRES: amount is no more than the burst.
    std::chrono::nanoseconds until(double amount, Time now) {
        refill(now);
        auto const missing = std::max(0.0, amount - left_);
        return std::chrono::nanoseconds{static_cast<std::int64_t>(missing / per_second_ * 1e9)};
    }
    // All of the burst is there, as if nothing had been taken.
    bool is_full(Time now) {
        refill(now);
        return left_ >= burst_;
    }

private:
    void refill(Time now) {
        auto const passed = std::chrono::duration<double>(std::max(now, as_of_) - as_of_).count();
        left_ = std::min(burst_, left_ + passed * per_second_);
        as_of_ = std::max(now, as_of_);
    }

    double per_second_;
    double burst_;
    double left_;
    Time as_of_;
};

}  // namespace tidegate::base
