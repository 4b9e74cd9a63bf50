// A memory pool for the bytes of access units. It keeps the blocks that are given back, one list
// per size, and hands them out again. A stream in steady state then makes no heap allocation.
//
// Each thread has its own pool. A block always returns to the pool that it came from, whichever
// thread gives it back; the pool of a thread that has ended passes to the next new thread. A block
// that would take the unused bytes of its pool above kMaxPooledBytes is freed instead.
#pragma once

#include <cstddef>

namespace tidegate::base {

// The largest block that a pool keeps: enough for a key frame at 4 Mbit/s. Larger blocks are rare,
// and filling them costs far more than allocating them.
inline constexpr std::size_t kLargestPooled = std::size_t{256} * 1024;
// How many unused bytes one pool keeps at most: what about a hundred streams have in flight when
// their readers keep up.
inline constexpr std::size_t kMaxPooledBytes = std::size_t{4} * 1024 * 1024;

struct PooledMemory {
    void* data;        // aligned for any object
    std::size_t size;  // at least what was asked for; the caller may use all of it
};

// Returns memory of at least `size` bytes. The caller owns it until it calls give_back_memory().
// Throws std::bad_alloc as operator new does. Any thread.
PooledMemory take_memory(std::size_t size);

// Returns memory to its pool. data: from take_memory(), not yet given back. Any thread.
void give_back_memory(void* data) noexcept;

// The unused bytes in the calling thread's pool. For tests.
std::size_t pooled_bytes();

}  // namespace tidegate::base
