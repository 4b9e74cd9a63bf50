// The time, which the machines of this folder get as an argument. Plain values; any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace tidegate::sts {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

struct Now {
    Time time{};
    std::int64_t unix_ms = 0;  // stands in messages, and decides nothing
};

}  // namespace tidegate::sts
