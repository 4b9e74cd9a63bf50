// How long to wait before the next try. Pure; any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tidegate::archive {

// A server that restarts is back within seconds. One that is away for hours is asked twelve times
// an hour for each stream, which is next to nothing.
inline constexpr std::chrono::milliseconds kFirstDelay{1'000};
inline constexpr std::chrono::milliseconds kLongestDelay{300'000};

// failures: tries that have failed in a row, at least 1. The delay doubles each time. random: 64
// random bits; they take up to half of the delay away, so that many archivers do not come back at
// the same moment.
constexpr std::chrono::milliseconds retry_delay(unsigned failures, std::uint64_t random) {
    auto const doublings = std::min(failures, 10U) - 1;
    auto const delay = std::min(kFirstDelay * (std::int64_t{1} << doublings), kLongestDelay);
    auto const half = static_cast<std::uint64_t>(delay.count()) / 2;
    return std::chrono::milliseconds{static_cast<std::int64_t>(half + random % (half + 1))};
}

}  // namespace tidegate::archive
