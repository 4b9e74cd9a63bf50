// What stands together in memory, and memory that is asked for before it is needed: with many
// streams or readers, each was last touched a whole round ago, and every line is a miss.
#pragma once

#include <cstddef>

namespace tidegate::base {

inline constexpr std::size_t kCacheLine = 64;

// Any address is allowed: nothing is read.
template <class T>
void prefetch(T const* object, std::size_t size = sizeof(T)) {
    auto const* const bytes = reinterpret_cast<char const*>(object);
    for (std::size_t at = 0; at < size; at += kCacheLine) __builtin_prefetch(bytes + at);
}

}  // namespace tidegate::base
