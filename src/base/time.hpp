// Media time: a signed count of nanoseconds since the publisher's own zero. 90 kHz and audio clocks
// convert to it and back without loss (rounding to the nearest tick).
#pragma once

#include <chrono>
#include <cstdint>

namespace tidegate::base {

using Timestamp = std::chrono::nanoseconds;

// Nearest nanosecond of a tick count. REQUIRES: clock_rate > 0, |ticks| below 2^62 / 10^9 seconds'
// worth.
constexpr Timestamp from_ticks(std::int64_t ticks, std::uint32_t clock_rate) {
    auto const rate = static_cast<std::int64_t>(clock_rate);
    auto const seconds = ticks / rate;
    auto const part = ticks % rate;
    auto const half = part < 0 ? -rate / 2 : rate / 2;
    return Timestamp{seconds * 1'000'000'000 + (part * 1'000'000'000 + half) / rate};
}

// Nearest tick of a media time. REQUIRES: clock_rate > 0.
constexpr std::int64_t to_ticks(Timestamp time, std::uint32_t clock_rate) {
    auto const rate = static_cast<std::int64_t>(clock_rate);
    auto const seconds = time.count() / 1'000'000'000;
    auto const part = time.count() % 1'000'000'000;
    auto const half = part < 0 ? -500'000'000 : 500'000'000;
    return seconds * rate + (part * rate + half) / 1'000'000'000;
}

}  // namespace tidegate::base
