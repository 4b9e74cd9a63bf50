// Media time in nanoseconds, counted from a zero that the publisher chose; it may be negative. RTP
// ticks (90 kHz for video, the sample rate for audio) convert to nanoseconds and back without loss.
// Any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace tidegate::base {

using Timestamp = std::chrono::nanoseconds;

// The time of a tick count, rounded to the nearest nanosecond. REQUIRES: clock_rate > 0, and the
// ticks are less than 146 years (2^62 nanoseconds).
constexpr Timestamp from_ticks(std::int64_t ticks, std::uint32_t clock_rate) {
    auto const rate = static_cast<std::int64_t>(clock_rate);
    auto const seconds = ticks / rate;
    auto const part = ticks % rate;
    auto const half = part < 0 ? -rate / 2 : rate / 2;
    return Timestamp{seconds * 1'000'000'000 + (part * 1'000'000'000 + half) / rate};
}

// The nearest tick of a media time. REQUIRES: clock_rate > 0.
constexpr std::int64_t to_ticks(Timestamp time, std::uint32_t clock_rate) {
    auto const rate = static_cast<std::int64_t>(clock_rate);
    auto const seconds = time.count() / 1'000'000'000;
    auto const part = time.count() % 1'000'000'000;
    auto const half = part < 0 ? -500'000'000 : 500'000'000;
    return seconds * rate + (part * rate + half) / 1'000'000'000;
}

}  // namespace tidegate::base
