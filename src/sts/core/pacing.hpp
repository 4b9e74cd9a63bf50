// When the service's backpressure lets the next fragment go (§5.6, §3.3). Pure; the time is an
// argument. One for each session.
#pragma once

#include <algorithm>
#include <optional>

#include "sts/core/clock.hpp"
#include "sts/core/events.hpp"
#include "sts/core/limits.hpp"

namespace tidegate::sts {

class Pacing {
public:
    void on_backpressure(Backpressure const& backpressure, Time now);

    bool paused(Time now) const { return paused_until_ && now < *paused_until_; }
    // A fragment may go now; otherwise it is paused, or the delay of slow_down is not over.
    bool allows(Time now) const { return !paused(now) && now >= next_; }
    // When allows() becomes true by itself.
    Time next() const { return paused_until_ ? std::max(next_, *paused_until_) : next_; }

private:
    std::optional<Time> paused_until_;
    Time next_{};  // not before
};

}  // namespace tidegate::sts
