#include "base/block_pool.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace tidegate::base {

namespace {

// Blocks come in four sizes for each power of two: 256, 320, 384, 448, 512, 640 and so on. A
// request gets the next larger size, so at most a fifth of a block lies unused.
constexpr std::size_t kSmallest = 256;
constexpr unsigned kSmallestWidth = std::bit_width(kSmallest - 1);
constexpr std::size_t kStepsPerDoubling = 4;
constexpr std::size_t kSizes =
    (std::bit_width(kLargestPooled - 1) - kSmallestWidth + 1) * kStepsPerDoubling;

struct Size {
    std::size_t index;
    std::size_t bytes;
};

constexpr Size rounded_up(std::size_t wanted) {
    auto const last = std::max(wanted, kSmallest) - 1;
    auto const width = static_cast<std::size_t>(std::bit_width(last));
    auto const step = (std::size_t{1} << width) / 2 / kStepsPerDoubling;
    auto const steps = last / step + 1;  // kStepsPerDoubling + 1 to twice as many
    return {(width - kSmallestWidth) * kStepsPerDoubling + steps - kStepsPerDoubling - 1,
            steps * step};
}
static_assert(rounded_up(1).bytes == 256 && rounded_up(256).index == rounded_up(1).index);
static_assert(rounded_up(257).bytes == 320 && rounded_up(257).index == rounded_up(256).index + 1);
static_assert(rounded_up(kLargestPooled).bytes == kLargestPooled);
static_assert(rounded_up(kLargestPooled).index == kSizes - 1);

class Pool;

// The header of each block; the memory that the caller uses follows it.
struct alignas(std::max_align_t) Block {
    Pool* home;  // where the block returns to; null: it was too large for a pool
    Block* next = nullptr;
    Size size;
    void* data() { return this + 1; }
    static Block* of(void* data) { return static_cast<Block*>(data) - 1; }
};

Block* from_heap(Size size, Pool* home) {
    return new (::operator new(sizeof(Block) + size.bytes)) Block{home, nullptr, size};
}

void to_heap(Block* block) noexcept {
    ::operator delete(block);
}

class Pool {
public:
    // take() and keep() are for the thread that owns the pool.
    Block* take(Size size) {
        auto& kept = kept_[size.index];
        if (kept == nullptr) collect();
        if (kept == nullptr) return from_heap(size, this);
        kept_bytes_.fetch_sub(size.bytes, std::memory_order_relaxed);
        auto* const block = kept;
        kept = std::exchange(block->next, nullptr);
        return block;
    }
    void keep(Block* block) noexcept {
        if (!count(*block)) return to_heap(block);
        put(block);
    }
    // Any other thread. The list needs no protection against ABA: only the owner removes blocks
    // from it, and it always removes all of them.
    void give_back(Block* block) noexcept {
        if (!count(*block)) return to_heap(block);
        block->next = returned_.load(std::memory_order_relaxed);
        while (!returned_.compare_exchange_weak(block->next, block, std::memory_order_release,
                                                std::memory_order_relaxed)) {
        }
    }
    std::size_t kept_bytes() const { return kept_bytes_.load(std::memory_order_relaxed); }

private:
    bool count(Block const& block) noexcept {
        if (kept_bytes() + block.size.bytes > kMaxPooledBytes) return false;
        kept_bytes_.fetch_add(block.size.bytes, std::memory_order_relaxed);
        return true;
    }
    void put(Block* block) noexcept {
        block->next = std::exchange(kept_[block->size.index], block);
    }
    void collect() noexcept {
        auto* block = returned_.exchange(nullptr, std::memory_order_acquire);
        while (block != nullptr) put(std::exchange(block, block->next));
    }

    std::array<Block*, kSizes> kept_{};
    std::atomic<std::size_t> kept_bytes_{0};  // includes the blocks in returned_
    std::atomic<Block*> returned_{nullptr};
};

// A pool is never destroyed, because its blocks may outlive its thread. The next new thread takes
// over a pool whose thread has ended.
class Pools {
public:
    static Pools& all() {
        static auto* const pools = new Pools;  // never destroyed: blocks may come back at any time
        return *pools;
    }
    Pool* acquire() {
        std::lock_guard const lock(mutex_);
        if (idle_.empty()) return new Pool;
        auto* const pool = idle_.back();
        idle_.pop_back();
        return pool;
    }
    void release(Pool* pool) {
        std::lock_guard const lock(mutex_);
        idle_.push_back(pool);
    }

private:
    std::mutex mutex_;
    std::vector<Pool*> idle_;  // guarded by mutex_
};

// The calling thread's pool. It is null again once the thread has given its pool up at its end;
// objects that are destroyed after that see that there is none.
thread_local Pool* mine = nullptr;

struct Lease {
    Lease() { mine = Pools::all().acquire(); }
    ~Lease() { Pools::all().release(std::exchange(mine, nullptr)); }
    Lease(Lease const&) = delete;
    Lease& operator=(Lease const&) = delete;
};

Pool* this_threads_pool() {
    thread_local Lease const lease;
    return mine;
}

}  // namespace

PooledMemory take_memory(std::size_t size) {
    auto* const pool = size <= kLargestPooled ? this_threads_pool() : nullptr;
    auto* const block =
        pool != nullptr ? pool->take(rounded_up(size)) : from_heap({0, size}, nullptr);
    return {block->data(), block->size.bytes};
}

void give_back_memory(void* data) noexcept {
    auto* const block = Block::of(data);
    if (block->home == nullptr) return to_heap(block);
    if (block->home == mine) return block->home->keep(block);
    block->home->give_back(block);
}

std::size_t pooled_bytes() {
    auto* const pool = this_threads_pool();
    return pool == nullptr ? 0 : pool->kept_bytes();
}

}  // namespace tidegate::base
