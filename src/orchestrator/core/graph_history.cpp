#include "orchestrator/core/graph_history.hpp"

#include <algorithm>
#include <cmath>

namespace tidegate::orchestrator {

char const* name(Measure measure) {
    static constexpr std::array kNames{"inBitrate",  "outBitrate", "fps",
                                       "avOffsetMs", "delayMs",    "restarts"};
    return kNames.at(static_cast<std::size_t>(measure));
}

void GraphHistory::add(Sample const& sample, Time now) {
    if (ring_.empty()) {
        Values none;
        none.fill(kUnknown);
        ring_.assign(kHistorySteps, none);
    }
    advance_to(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()) /
               kHistoryStep);
    auto& step = newest_step();
    for (std::size_t i = 0; i < kMeasures; ++i) {
        if (!sample[i]) continue;
        auto const value = static_cast<float>(*sample[i]);
        auto const before = samples_[i]++;
        bool const replaces = before == 0 || i == static_cast<std::size_t>(Measure::restarts);
        step[i] = replaces ? value : step[i] + (value - step[i]) / static_cast<float>(before + 1);
    }
}

void GraphHistory::advance_to(std::int64_t step) {
    if (count_ != 0 && step <= newest_) return;
    auto const skipped = count_ == 0 ? 1 : std::min<std::int64_t>(step - newest_, kHistorySteps);
    for (auto left = skipped; left > 0; --left) {
        newest_ = step - left + 1;
        newest_step().fill(kUnknown);
    }
    count_ = std::min(count_ + static_cast<std::size_t>(skipped), kHistorySteps);
    samples_.fill(0);
}

std::vector<Sample> GraphHistory::steps() const {
    std::vector<Sample> steps(count_);
    for (std::size_t i = 0; i < count_; ++i) {
        auto const number = newest_ - static_cast<std::int64_t>(count_ - 1 - i);
        auto const& step = ring_[static_cast<std::size_t>(number) % kHistorySteps];
        for (std::size_t kind = 0; kind < kMeasures; ++kind) {
            if (!std::isnan(step[kind])) steps[i][kind] = static_cast<double>(step[kind]);
        }
    }
    return steps;
}

}  // namespace tidegate::orchestrator
