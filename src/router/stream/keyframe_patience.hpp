// How long a reader's pictures wait for a key frame, because a decoder can do nothing with those
// before it. A stream may have no key frames at all (intra refresh), so the wait ends by itself.
// The owner's thread.
#pragma once

#include <chrono>

namespace tidegate::router {

// Encoders send a key frame every 10 s at the longest (x264 and OBS: 250 pictures).
inline constexpr std::chrono::seconds kKeyframePatience{10};

class KeyframePatience {
public:
    using Clock = std::chrono::steady_clock;

    // most: tests shorten it.
    explicit KeyframePatience(Clock::duration most = kKeyframePatience) : most_(most) {}

    // Pictures wait from now on.
    void begin() { until_ = Clock::now() + most_; }
    bool over() const { return Clock::now() >= until_; }

private:
    Clock::duration most_;
    Clock::time_point until_{};
};

}  // namespace tidegate::router
