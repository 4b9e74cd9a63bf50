#include "rtmp/core/timestamp_unwrapper.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tidegate::rtmp {
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

}  // namespace
}  // namespace tidegate::rtmp
