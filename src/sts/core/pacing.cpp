#include "sts/core/pacing.hpp"

#include <algorithm>

namespace tidegate::sts {

namespace {

// §3.3: where the service recommends none.
std::chrono::milliseconds usual_delay(std::string_view severity) {
    if (severity == "low") return 100ms;
    return severity == "high" ? 1000ms : 500ms;
}

}  // namespace

void Pacing::on_backpressure(Backpressure const& backpressure, Time now) {
    paused_until_.reset();
    next_ = now;
    if (backpressure.action == BackpressureAction::pause) {
        paused_until_ = now + kPauseLimit;
    } else if (backpressure.action == BackpressureAction::slow_down) {
        auto const delay = backpressure.delay.value_or(usual_delay(backpressure.severity));
        next_ = now + std::min(delay, kMostSlowDown);
    }
}

}  // namespace tidegate::sts
