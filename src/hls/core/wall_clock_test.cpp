#include "hls/core/wall_clock.hpp"

#include <gtest/gtest.h>

namespace tidegate::hls {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WallTime kNoon{hours(12)};

TEST(WallClock, TheUnitThatCameSoonestCounts) {
    WallClock clock;
    clock.observe(seconds(1), kNoon + seconds(1) + milliseconds(300));
    EXPECT_EQ(clock.at(seconds(1)), kNoon + seconds(1) + milliseconds(300));
    clock.observe(seconds(2), kNoon + seconds(2) + milliseconds(100));
    EXPECT_EQ(clock.at(seconds(1)), kNoon + seconds(1) + milliseconds(100));
    // One that is late changes it by the drift at most.
    clock.observe(seconds(3), kNoon + seconds(3) + milliseconds(900));
    EXPECT_EQ(clock.at(seconds(3)), kNoon + seconds(3) + milliseconds(101));
}

// A router that hands out two seconds at once: the last of them is the one that has just come.
TEST(WallClock, ABurstIsOfThePast) {
    WallClock clock;
    for (int i = 0; i <= 50; ++i) clock.observe(i * milliseconds(40), kNoon);
    EXPECT_EQ(clock.at(seconds(0)), kNoon - seconds(2));
}

TEST(WallClock, FollowsAClockThatIsSet) {
    WallClock clock;
    clock.observe(seconds(1), kNoon + seconds(1));
    clock.observe(seconds(2), kNoon + hours(1));
    EXPECT_EQ(clock.at(seconds(2)), kNoon + hours(1));
    clock.observe(seconds(3), kNoon);
    EXPECT_EQ(clock.at(seconds(3)), kNoon);
}

TEST(WallClock, FollowsDrift) {
    WallClock clock;
    for (int i = 0; i < 3600; ++i)
        clock.observe(seconds(i), kNoon + i * (seconds(1) + milliseconds(1)));
    EXPECT_EQ(clock.at(seconds(3599)), kNoon + seconds(3599) + milliseconds(3599));
}

}  // namespace
}  // namespace tidegate::hls
