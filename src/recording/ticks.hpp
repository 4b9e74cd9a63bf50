// Converts times between the clocks of tracks and nanoseconds. Times come from files that anybody
// may have written, so no input overflows. Pure; any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tidegate::recording {

// No time is further away: 36 years in nanoseconds, so that sums of a few do not overflow.
inline constexpr std::int64_t kFarthest = std::int64_t{1} << 60;

// value * to / from, rounded towards 0 as in MediaMTX. REQUIRES: from > 0.
inline std::int64_t rescaled(std::int64_t value, std::uint64_t to, std::uint64_t from) {
    if (to == from) return std::clamp(value, -kFarthest, kFarthest);
    __extension__ using Wide = __int128;
    auto const wide = Wide{value} * static_cast<Wide>(to) / static_cast<Wide>(from);
    return static_cast<std::int64_t>(std::clamp<Wide>(wide, -kFarthest, kFarthest));
}

inline std::int64_t to_ticks(std::chrono::nanoseconds time, std::uint32_t timescale) {
    return rescaled(time.count(), timescale, std::nano::den);
}
inline std::chrono::nanoseconds to_time(std::int64_t ticks, std::uint32_t timescale) {
    return std::chrono::nanoseconds(rescaled(ticks, std::nano::den, timescale));
}

// to - from in nanoseconds.
template <class Time>
std::chrono::nanoseconds between(Time from, Time to) {
    auto const micros = std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
    return std::chrono::nanoseconds(std::clamp(micros, -kFarthest / 1000, kFarthest / 1000) * 1000);
}

}  // namespace tidegate::recording
