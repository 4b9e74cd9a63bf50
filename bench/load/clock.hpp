// The one clock of the bench: publishers stamp units with it, readers subtract. Any thread.
#pragma once

#include <time.h>

#include <cstdint>

namespace tidegate::bench {

using Nanoseconds = std::int64_t;

constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr Nanoseconds kMillisecond = 1'000'000;

inline Nanoseconds now_ns() {
    timespec at{};
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * kSecond + at.tv_nsec;
}

// What this thread has used of its core.
inline Nanoseconds cpu_ns() {
    timespec at{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return at.tv_sec * kSecond + at.tv_nsec;
}

}  // namespace tidegate::bench
