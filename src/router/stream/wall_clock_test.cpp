#include "router/stream/wall_clock.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds kStart = 1'700'000'000s;

// Feeds what the stream would.
void arrive(WallClock& clock, base::Timestamp dts, nanoseconds now) {
    if (clock.wants(dts)) clock.observe(dts, now);
}

TEST(WallClock, IsLaidThroughTheUnitsThatCameSoonest) {
    WallClock clock;
    arrive(clock, 0ms, kStart + 90ms);   // the first unit waited somewhere
    arrive(clock, 40ms, kStart + 95ms);  // and so did this one, less
    arrive(clock, 80ms, kStart + 90ms);
    arrive(clock, 120ms, kStart + 150ms);
    EXPECT_EQ(clock.map(200ms), kStart + 210ms);
}

TEST(WallClock, ABurstWhileNobodyReadsLeavesItWhereTheArrivalsEnd) {
    WallClock clock;
    for (auto dts = 0ms; dts < 2s; dts += 40ms) arrive(clock, dts, kStart);
    EXPECT_EQ(clock.map(1960ms), kStart);
}

TEST(WallClock, AGapWhileNobodyReadsIsForgottenWithItsWindows) {
    WallClock clock;
    for (auto dts = 0ms; dts < 5s; dts += 40ms) arrive(clock, dts, kStart + dts);
    // The encoder stood still for 8 s, and so did its time stamps.
    for (auto dts = 5000ms; dts < 30s; dts += 40ms) arrive(clock, dts, kStart + 8s + dts);
    EXPECT_EQ(clock.map(30s), kStart + 38s);
}

TEST(WallClock, NeverBreaksOnceSomebodyHasBeenTold) {
    WallClock clock;
    arrive(clock, 0ms, kStart);
    auto last = clock.map(0ms) - 0ms;
    auto const goes_on = [&](base::Timestamp dts) {
        auto const offset = clock.map(dts) - dts;
        EXPECT_LE(std::chrono::abs(offset - last), 100us) << dts.count();
        last = offset;
    };
    auto dts = 0ms;
    // Ahead of time by five seconds, then late by eight, then in time again.
    for (; dts < 20s; dts += 40ms) (arrive(clock, dts, kStart + dts - 5s), goes_on(dts));
    for (; dts < 60s; dts += 40ms) (arrive(clock, dts, kStart + dts + 8s), goes_on(dts));
    for (; dts < 120s; dts += 40ms) (arrive(clock, dts, kStart + dts), goes_on(dts));
}

TEST(WallClock, TracksThatAreToldAtDifferentTimesAgree) {
    WallClock clock;
    arrive(clock, 0ms, kStart);
    auto const video = clock.map(3600s);
    auto const audio = clock.map(0s);
    EXPECT_EQ(video - audio, 3600s);
}

TEST(WallClock, StaysWhereItIsWhileItIsGoodEnough) {
    WallClock clock;
    arrive(clock, 0ms, kStart + 15ms);
    EXPECT_EQ(clock.map(0ms), kStart + 15ms);
    for (auto dts = 40ms; dts < 120s; dts += 40ms) arrive(clock, dts, kStart + dts);
    EXPECT_EQ(clock.map(120s), kStart + 120s + 15ms);
}

// An encoder whose crystal is 100 ppm off, and a network that delays what it likes.
TEST(WallClock, FollowsAnHourOfDrift) {
    for (auto const ppm : {-100, 100}) {
        WallClock clock;
        std::mt19937 random(7);
        std::uniform_int_distribution<int> jitter(0, 60'000'000);
        nanoseconds last{};
        for (auto dts = 0ms; dts < 3600s; dts += 20ms) {
            auto const sent = kStart + dts + nanoseconds{dts} * ppm / 1'000'000;
            arrive(clock, dts, sent + nanoseconds{jitter(random)});
            if (dts % 10s != 0s) continue;
            auto const error = clock.map(dts) - sent;
            EXPECT_LT(std::chrono::abs(error), 65ms) << ppm << " " << dts.count();
            if (dts > 600s) EXPECT_LT(std::chrono::abs(error), 24ms) << ppm << " " << dts.count();
            // What a reader sees from one report to the next.
            if (dts > 0s) EXPECT_LE(std::chrono::abs(clock.map(dts) - last - 10s), 2ms);
            last = clock.map(dts);
        }
    }
}

}  // namespace
}  // namespace tidegate::router
