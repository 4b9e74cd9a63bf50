// Memory for the bytes of access units, kept by size for the next ones: a stream in steady state
// costs no heap allocation (design §5). Each thread has a pool of its own. Memory goes back to the
// pool that it came from, whichever thread gives it back; what a pool has too much of goes to the
// heap.
#pragma once

#include <cstddef>

namespace tidegate::base {

// The largest memory that is kept: a keyframe of 4 Mbit/s. Larger ones are rare and dear anyway.
inline constexpr std::size_t kLargestPooled = std::size_t{256} * 1024;
// Kept by one thread at most: units in flight of some hundred streams that are read without delay.
inline constexpr std::size_t kMaxPooledBytes = std::size_t{4} * 1024 * 1024;

struct PooledMemory {
    void* data;        // aligned for any object
    std::size_t size;  // at least what was asked for, all of it to be used
};

// Any thread. Throws std::bad_alloc like operator new.
PooledMemory take_memory(std::size_t size);
void give_back_memory(void* data) noexcept;

// What this thread's pool keeps at the moment; for tests.
std::size_t pooled_bytes();

}  // namespace tidegate::base
