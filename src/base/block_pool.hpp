// A memory pool for the bytes of access units. It keeps memory that was given back, sorted by size,
// and hands it out again: a stream in steady state then makes no heap allocation (design §5).
//
// Each thread has a pool of its own. Memory always returns to the pool that it came from, whichever
// thread gives it back. When a pool keeps kMaxPooledBytes already, the memory goes to the heap.
#pragma once

#include <cstddef>

namespace tidegate::base {

// The largest block that is kept: a key frame at 4 Mbit/s. Larger blocks are rare, and filling them
// costs far more than allocating them.
inline constexpr std::size_t kLargestPooled = std::size_t{256} * 1024;
// How much one thread's pool keeps at most: what some hundred streams have in flight when their
// readers keep up.
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

// How many bytes the pool of the calling thread keeps at the moment. For tests.
std::size_t pooled_bytes();

}  // namespace tidegate::base
