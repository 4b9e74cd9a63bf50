// When something that has failed is tried again: after a first delay, then after twice as long each
// time, up to a longest delay, for ever. Each delay is varied at random, so that those whom one
// server has lost together do not all return together. Pure. One for each thing that is tried.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tidegate::base {

// A delay is at most this share of itself longer.
inline constexpr double kRetryJitter = 0.25;

// The defaults: short enough for a stream that waits, and harmless to a server that is down.
struct RetryDelays {
    std::chrono::milliseconds first{500};
    std::chrono::milliseconds most{10'000};
};

class Backoff {
public:
    explicit Backoff(RetryDelays delays) : delays_(delays), next_(delays.first) {}

    // To be called when an attempt has failed. random: 64 random bits.
    std::chrono::milliseconds next(std::uint64_t random) {
        auto const delay = next_;
        next_ = std::min(next_ * 2, delays_.most);
        ++failures_;
        auto const share = static_cast<double>(random >> 11) / static_cast<double>(1ULL << 53);
        auto const more = static_cast<double>(delay.count()) * kRetryJitter * share;
        return delay + std::chrono::milliseconds{static_cast<std::int64_t>(more)};
    }
    // It works again: earlier failures no longer count.
    void forgive() {
        next_ = delays_.first;
        failures_ = 0;
    }
    unsigned failures() const { return failures_; }  // in a row

private:
    RetryDelays const delays_;
    std::chrono::milliseconds next_;
    unsigned failures_ = 0;
};

}  // namespace tidegate::base
