// The last quarter of an hour of one stream, in steps of a few seconds: what the dashboard's graphs
// show. It takes its memory once and never more. Pure: time is an argument. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "orchestrator/core/policy.hpp"

namespace tidegate::orchestrator {

// The router's list is read every 2 s, so a step has two values of each kind as a rule.
inline constexpr std::chrono::seconds kHistoryStep{5};
// 15 minutes. With six floats a step, a stream costs 5 KiB.
inline constexpr std::size_t kHistorySteps = 180;

// The values that are kept, in the order in which the API names them.
enum class Measure { in_bitrate, out_bitrate, fps, av_offset, delay, restarts };
inline constexpr std::size_t kMeasures = 6;
// The names in the API: inBitrate, outBitrate, fps, avOffsetMs, delayMs, restarts.
char const* name(Measure measure);

// One value of each measure; nullopt: not known now.
using Sample = std::array<std::optional<double>, kMeasures>;

class GraphHistory {
public:
    // A step has the mean of its samples; of restarts, the last number. `now` never decreases.
    void add(Sample const& sample, Time now);

    // The steps from the oldest to the newest, without gaps: a step without samples has no values.
    std::vector<Sample> steps() const;
    // When the newest step began. REQUIRES: there is a step.
    Time newest() const { return Time{kHistoryStep * newest_}; }
    bool empty() const { return count_ == 0; }

private:
    static constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
    using Values = std::array<float, kMeasures>;

    void advance_to(std::int64_t step);
    Values& newest_step() { return ring_[static_cast<std::size_t>(newest_) % kHistorySteps]; }

    std::vector<Values> ring_;  // by the number of the step, modulo kHistorySteps
    std::int64_t newest_ = 0;
    std::size_t count_ = 0;
    std::array<std::uint32_t, kMeasures> samples_{};  // of the newest step
};

}  // namespace tidegate::orchestrator
