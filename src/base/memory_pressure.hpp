// Whether the process is short of memory: one flag for all threads. Whoever watches the memory sets
// it, whoever holds much looks at it.
#pragma once

#include <atomic>
#include <cstddef>

namespace tidegate::base {

// What one peer may hold while memory is short, in unfinished messages or in media that waits for
// it: a key frame of most streams still passes, and sixty times more senders of the largest
// messages fit.
inline constexpr std::size_t kMostWhenShort = std::size_t{1} << 20;

namespace detail {
inline std::atomic<bool> memory_is_short{false};
}

inline bool memory_is_short() {
    return detail::memory_is_short.load(std::memory_order_relaxed);
}
inline void set_memory_is_short(bool is_short) {
    detail::memory_is_short.store(is_short, std::memory_order_relaxed);
}

}  // namespace tidegate::base
