#include "base/timestamp_unwrapper.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tidegate::base {
namespace {

TEST(TimestampUnwrapper, GoesOnThroughTheWrapAndBackWithTheClock) {
    struct Row {
        std::vector<std::uint32_t> wire;
        std::vector<std::int64_t> line;
    };
    constexpr std::int64_t kTurn = 1LL << 32;
    constexpr std::uint32_t kDay = 24 * 3600 * 1000;
    std::vector<Row> const rows = {
        {{0, 40, 80}, {0, 40, 80}},
        {{100, 60, 100}, {100, 60, 100}},
        {{0xFFFFFFF0, 5, 0xFFFFFFFA, 20}, {kTurn - 16, kTurn + 5, kTurn - 6, kTurn + 20}},
        {{0, 0xFFFFFFFF, 1}, {0, -1, 1}},
        {{10, kDay, 50}, {10, kDay, 50}},
        {{0, 0x70000000, 0xE0000000, 0x50000000}, {0, 0x70000000, 0xE0000000, 0x150000000}},
    };
    for (auto const& row : rows) {
        TimestampUnwrapper unwrapper;
        for (std::size_t i = 0; i < row.wire.size(); ++i) {
            EXPECT_EQ(unwrapper.unwrap(row.wire[i]), row.line[i]);
        }
    }
}

TEST(TimestampUnwrapper, LooksAtATimestampWithoutMovingThere) {
    TimestampUnwrapper unwrapper;
    EXPECT_EQ(unwrapper.first(), 0);
    unwrapper.unwrap(0xFFFFFFF0);
    EXPECT_EQ(unwrapper.nearest(5), (1LL << 32) + 5);
    EXPECT_EQ(unwrapper.nearest(0xFFFFFFEF), 0xFFFFFFEF);
    EXPECT_EQ(unwrapper.unwrap(5), (1LL << 32) + 5);
    EXPECT_EQ(unwrapper.first(), 0xFFFFFFF0);
}

// Six turns in steps of every size up to half a turn, forward and back.
TEST(TimestampUnwrapper, FollowsSixTurnsForwardAndBack) {
    for (std::int64_t const step :
         {1LL << 20, 1LL << 28, (1LL << 31) - 1, -(1LL << 30), -(1LL << 31) + 1}) {
        TimestampUnwrapper unwrapper;
        std::int64_t at = 12345;
        for (std::int64_t moved = 0; moved < 6 * (1LL << 32); moved += std::abs(step)) {
            ASSERT_EQ(unwrapper.unwrap(static_cast<std::uint32_t>(at)), at) << step;
            at += step;
        }
    }
}

}  // namespace
}  // namespace tidegate::base
