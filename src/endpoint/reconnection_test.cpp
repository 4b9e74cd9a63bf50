#include "endpoint/reconnection.hpp"

#include <gtest/gtest.h>

namespace tidegate::endpoint {
namespace {

using std::chrono::milliseconds;

TEST(Reconnection, AsksThreeTimesAfterOneTwoAndFourSeconds) {
    Reconnection reconnection(reconnect_delays());
    for (std::size_t i = 0; i < 3; ++i) {
        auto const attempt = reconnection.next(false);
        ASSERT_TRUE(attempt);
        EXPECT_EQ(attempt->number, i + 1);
        EXPECT_EQ(attempt->delay, milliseconds{1000 << i});
    }
    EXPECT_FALSE(reconnection.next(false));
    EXPECT_FALSE(reconnection.next(false));
}

TEST(Reconnection, CountsAnewOnceMediaHasFlowed) {
    Reconnection reconnection(reconnect_delays());
    EXPECT_EQ(reconnection.next(true)->number, 1U);
    EXPECT_EQ(reconnection.next(false)->number, 2U);
    EXPECT_EQ(reconnection.next(true)->number, 1U);
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(reconnection.next(false));
    EXPECT_FALSE(reconnection.next(false));
    EXPECT_EQ(reconnection.next(true)->delay, milliseconds{1000});
}

}  // namespace
}  // namespace tidegate::endpoint
