// When a lost session is tried again (§3.3): after 2, 4, 8, 16 and 32 s, and then every 32 s for
// ever. A live stream does not end because its dubbing is gone. Pure. One for each client.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tidegate::sts {

class Reconnection {
public:
    Reconnection(std::chrono::milliseconds first, std::chrono::milliseconds longest)
        : first_(first), longest_(longest), next_(first) {}

    // The pause before the next attempt. dice: random bits. Up to a tenth is taken off, so that the
    // workers of a service that restarts do not all come back in the same moment.
    std::chrono::milliseconds after_failure(std::uint64_t dice) {
        auto const pause = next_;
        next_ = std::min(next_ * 2, longest_);
        return jittered(pause, dice);
    }
    // The service refuses us, and will until somebody changes its settings or ours.
    std::chrono::milliseconds after_refusal(std::uint64_t dice) {
        next_ = longest_;
        return jittered(longest_, dice);
    }
    // The service has proved that it works.
    void on_success() { next_ = first_; }

private:
    static std::chrono::milliseconds jittered(std::chrono::milliseconds pause, std::uint64_t dice) {
        auto const tenth = static_cast<std::uint64_t>(pause.count() / 10);
        return pause - std::chrono::milliseconds{dice % (tenth + 1)};
    }

    std::chrono::milliseconds const first_;
    std::chrono::milliseconds const longest_;
    std::chrono::milliseconds next_;
};

}  // namespace tidegate::sts
