// Helps with cache misses on the hot paths. With many streams or readers, an object was last used a
// whole round of the event loop ago, and the processor has to fetch every line of it from memory.
// Any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidegate::base {

// Bytes in one cache line of the processors that we run on. Members that are used together should
// lie in the same line.
inline constexpr std::size_t kCacheLine = 64;

// Asks the processor to fetch `size` bytes from `object` on, so that they are in the cache when
// they are used. The bytes are not read: null and addresses that belong to no object are allowed.
// The addresses are computed as integers, because pointer arithmetic is undefined outside an
// object.
template <class T>
void prefetch(T const* object, std::size_t size = sizeof(T)) {
    auto const begin = reinterpret_cast<std::uintptr_t>(object);
    for (std::size_t at = 0; at < size; at += kCacheLine) {
        __builtin_prefetch(reinterpret_cast<void const*>(begin + at));
    }
}

}  // namespace tidegate::base
