#include "base/block_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace tidegate::base {
namespace {

std::vector<void*> take(std::size_t count, std::size_t size) {
    std::vector<void*> taken;
    for (std::size_t i = 0; i < count; ++i) taken.push_back(take_memory(size).data);
    return taken;
}

void give_back(std::vector<void*> const& taken) {
    for (auto* const data : taken) give_back_memory(data);
}

// Each test on a thread of its own; what an earlier one has left in the pool is taken first.
template <class Test>
void on_a_thread(Test test) {
    std::thread(test).join();
}

TEST(BlockPool, GivesAtLeastWhatIsAskedForAndAllOfItIsUsable) {
    std::vector<PooledMemory> all;
    for (std::size_t size = 0; size < 2 * kLargestPooled; size += 1 + size / 5) {
        auto const memory = take_memory(size);
        EXPECT_GE(memory.size, size);
        EXPECT_LE(memory.size, std::max<std::size_t>(size + size / 4, 256)) << size;
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data) % alignof(std::max_align_t), 0U);
        std::memset(memory.data, static_cast<int>(size), memory.size);
        all.push_back(memory);
    }
    std::size_t size = 0;
    for (auto const& memory : all) {
        auto const* const bytes = static_cast<std::uint8_t const*>(memory.data);
        EXPECT_EQ(bytes[0], static_cast<std::uint8_t>(size));
        EXPECT_EQ(bytes[memory.size - 1], static_cast<std::uint8_t>(size));
        give_back_memory(memory.data);
        size += 1 + size / 5;
    }
}

TEST(BlockPool, TakesWhatCameBackForTheNextOfItsSize) {
    on_a_thread([] {
        auto* const first = take_memory(1000).data;
        auto const before = pooled_bytes();
        give_back_memory(first);
        EXPECT_EQ(pooled_bytes(), before + 1024);
        auto* const smaller = take_memory(700).data;
        EXPECT_NE(smaller, first);
        EXPECT_EQ(take_memory(1020).data, first);
        EXPECT_EQ(pooled_bytes(), before);
        give_back({first, smaller});
    });
}

TEST(BlockPool, WhatAnotherThreadGivesBackComesHome) {
    on_a_thread([] {
        auto const taken = take(100, 5000);
        std::thread([&] { give_back(taken); }).join();
        auto again = take(100, 5000);
        std::ranges::sort(again);
        auto sorted = taken;
        std::ranges::sort(sorted);
        EXPECT_EQ(again, sorted);
        give_back(again);
    });
}

TEST(BlockPool, KeepsABoundedAmountWhoeverGivesItBack) {
    on_a_thread([] {
        auto const half = take(kMaxPooledBytes / kLargestPooled, kLargestPooled);
        auto const other_half = take(kMaxPooledBytes / kLargestPooled, kLargestPooled);
        give_back(half);
        auto const full = pooled_bytes();
        EXPECT_LE(full, kMaxPooledBytes);
        EXPECT_GT(full, kMaxPooledBytes - kLargestPooled);
        std::thread([&] { give_back(other_half); }).join();
        EXPECT_EQ(pooled_bytes(), full);
        auto* const small = take_memory(256).data;
        give_back_memory(take_memory(kLargestPooled + 1).data);
        EXPECT_LE(pooled_bytes(), full) << "larger ones are not kept, whether there is room or not";
        give_back_memory(small);
    });
}

TEST(BlockPool, APoolOutlivesItsThreadAndServesTheNext) {
    std::vector<void*> taken;
    on_a_thread([&] { taken = take(10, 3000); });
    give_back(taken);
    on_a_thread([&] {
        auto* const again = take_memory(3000).data;
        EXPECT_NE(std::ranges::find(taken, again), taken.end());
        give_back_memory(again);
    });
}

TEST(BlockPool, ManyThreadsMayGiveBackAtOnce) {
    constexpr std::size_t kThreads = 4;
    constexpr int kRounds = 2'000;
    on_a_thread([&] {
        for (int round = 0; round < kRounds / 100; ++round) {
            std::vector<std::vector<void*>> shares;
            for (std::size_t i = 0; i < kThreads; ++i) shares.push_back(take(100, 300));
            std::vector<std::thread> threads;
            for (auto const& share : shares) threads.emplace_back([&] { give_back(share); });
            give_back(take(100, 300));  // meanwhile
            for (auto& thread : threads) thread.join();
        }
        auto all = take(kThreads * 100, 300);
        std::ranges::sort(all);
        EXPECT_EQ(std::ranges::adjacent_find(all), all.end()) << "none is given out twice";
        give_back(all);
    });
}

}  // namespace
}  // namespace tidegate::base
