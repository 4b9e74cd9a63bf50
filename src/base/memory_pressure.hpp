// A flag for the whole process: memory is short. router/app/memory_watch.hpp sets it. Code that
// keeps bytes for a peer reads it: a reader's queue then takes no more than the limit below, and a
// publisher with larger unfinished messages is closed. Any thread.
#pragma once

#include <atomic>
#include <cstddef>

namespace tidegate::base {

// How many bytes one peer may use while memory is short, for its unfinished messages or for the
// media that waits for it. The key frames of most streams are smaller. Sixty-four such peers use as
// much memory as four unfinished messages of the largest size.
inline constexpr std::size_t kMaxPeerBytesWhenShort = std::size_t{1} << 20;

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
