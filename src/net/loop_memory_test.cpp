#include "net/loop_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace tidegate::net {
namespace {

struct alignas(64) Hot {
    explicit Hot(int& count) : alive(count) { ++alive; }
    ~Hot() { --alive; }
    int& alive;
    std::array<char, 180> state{};
};

TEST(LoopMemory, DestroysWhatItsPointersHold) {
    LoopMemory memory;
    int alive = 0;
    auto first = memory.make<Hot>(alive);
    auto const second = memory.make<Hot>(alive);
    EXPECT_EQ(alive, 2);
    first.reset();
    EXPECT_EQ(alive, 1);
    EXPECT_EQ(second->state[0], 0);
}

TEST(LoopMemory, PutsObjectsOfOneTypeSideBySideWhateverComesBetween) {
    constexpr std::size_t kPage = 4096;
    LoopMemory memory;
    int alive = 0;
    std::vector<LoopPtr<Hot>> objects;
    std::vector<std::vector<char>> others;
    std::vector<std::uintptr_t> pages;
    for (int i = 0; i < 400; ++i) {
        objects.push_back(memory.make<Hot>(alive));
        others.emplace_back(kPage);
        auto const at = reinterpret_cast<std::uintptr_t>(objects.back().get());
        EXPECT_EQ(at % alignof(Hot), 0U);
        pages.push_back(at / kPage);
    }
    std::ranges::sort(pages);
    auto const repeated = std::ranges::unique(pages);
    pages.erase(repeated.begin(), repeated.end());
    EXPECT_LT(pages.size(), 60U);  // 25 would be the least
}

TEST(LoopMemory, UsesAPlaceAgain) {
    LoopMemory memory;
    int alive = 0;
    auto object = memory.make<Hot>(alive);
    auto const* const place = object.get();
    object.reset();
    object = memory.make<Hot>(alive);
    EXPECT_EQ(object.get(), place);
}

}  // namespace
}  // namespace tidegate::net
