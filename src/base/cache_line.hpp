// What stands together in memory, and memory that is asked for before it is needed: with many
// streams or readers, each was last touched a whole round ago, and every line is a miss.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidegate::base {

inline constexpr std::size_t kCacheLine = 64;

// Any address is allowed, null too: nothing is read. Reckoned as a number, for as a pointer it
// might leave its object.
template <class T>
void prefetch(T const* object, std::size_t size = sizeof(T)) {
    auto const begin = reinterpret_cast<std::uintptr_t>(object);
    for (std::size_t at = 0; at < size; at += kCacheLine) {
        __builtin_prefetch(reinterpret_cast<void const*>(begin + at));
    }
}

}  // namespace tidegate::base
