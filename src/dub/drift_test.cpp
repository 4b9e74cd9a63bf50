#include "dub/drift.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

namespace tidegate::dub {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// A source with a sample clock of its own, and a resampler that does what it is told.
struct World {
    double ppm = 0;              // of the sample clock
    std::uint32_t rate = 48000;  // of both
    Frames piece = 1024;
    std::function<nanoseconds(nanoseconds)> stamp = [](nanoseconds t) { return t; };

    double worst = 0;     // seconds between the place of a piece and its true time, after a while
    double steepest = 0;  // change of speed
    Frames gaps = 0;
    Frames skipped = 0;

    void run(Drift& drift, std::chrono::seconds length, std::chrono::seconds settle = 0s) {
        auto const real_rate = rate * (1 + ppm * 1e-6);
        auto const pieces = static_cast<std::int64_t>(static_cast<double>(length.count()) *
                                                      real_rate / static_cast<double>(piece));
        double carry = 0;
        double per_frame = 0;
        for (std::int64_t i = 0; i < pieces; ++i) {
            auto const time = static_cast<double>(i * piece) / real_rate;
            auto const place = drift.next(stamp(nanoseconds{std::llround(time * 1e9)}), piece);
            if (place.compensation) {
                per_frame = static_cast<double>(place.compensation->frames) /
                            static_cast<double>(place.compensation->distance);
                steepest = std::max(steepest, std::abs(per_frame));
            }
            gaps += place.gap;
            skipped += place.skip;
            auto const out = static_cast<double>(piece - place.skip) * (1 + per_frame) + carry;
            auto const whole = std::floor(out);
            carry = out - whole;
            drift.laid(static_cast<Frames>(whole));
            if (time >= static_cast<double>(settle.count())) {
                worst = std::max(worst, std::abs(static_cast<double>(place.at) / rate - time));
            }
        }
    }
};

nanoseconds to_milliseconds(nanoseconds time) {
    return std::chrono::floor<std::chrono::milliseconds>(time);
}

}  // namespace

TEST(DriftTest, AnExactSourceIsNotTouched) {
    Drift drift(0ns, 48000);
    World world;
    world.run(drift, 600s);
    EXPECT_LT(world.worst, 2.0 / 48000);
    EXPECT_EQ(world.steepest, 0);
    EXPECT_EQ(world.gaps, 0);
}

TEST(DriftTest, AnHourOf200PpmStaysWithin2Milliseconds) {
    for (auto const ppm : {-200.0, 200.0}) {
        for (auto const& [rate, piece] : {std::pair{48000U, Frames{1024}},
                                          {44100U, Frames{1024}},
                                          {48000U, Frames{960}},
                                          {22050U, Frames{2048}}}) {
            for (auto const rounded : {false, true}) {
                Drift drift(0ns, rate);
                World world{.ppm = ppm, .rate = rate, .piece = piece};
                if (rounded) world.stamp = to_milliseconds;  // as RTMP
                world.run(drift, 3600s);
                EXPECT_LT(world.worst, 0.002) << ppm << " " << rate;
                EXPECT_LT(world.steepest, 0.0005);  // 0.9 cent
                EXPECT_EQ(world.gaps, 0);
                EXPECT_EQ(world.skipped, 0);
                EXPECT_NEAR(drift.skew() * 1e6, ppm, 15);
                EXPECT_LT(std::chrono::abs(drift.offset()), 1ms);
            }
        }
    }
}

TEST(DriftTest, AClockThatIsFurtherOffIsFollowedInSteps) {
    for (auto const ppm : {-3000.0, 3000.0}) {
        Drift drift(0ns, 48000);
        World world{.ppm = ppm};
        world.run(drift, 600s);
        EXPECT_LT(world.worst, 0.008) << ppm;
        EXPECT_LE(world.steepest, kMaxSlew);
        EXPECT_EQ(world.gaps > 0, ppm < 0);
        EXPECT_EQ(world.skipped > 0, ppm > 0);
    }
}

TEST(DriftTest, AStepShorterThanAPieceIsFollowedAtOnce) {
    for (auto const step : {-40ms, 40ms}) {
        Drift drift(0ns, 48000);
        World world{.piece = 4096};
        world.stamp = [=](nanoseconds time) { return time < 10s ? time : time + step; };
        world.run(drift, 11s);
        world.stamp = {};
        EXPECT_LT(std::chrono::abs(drift.offset()), 1ms);
        EXPECT_NEAR(double(step > 0ms ? world.gaps : world.skipped), 40 * 48, 48);
        EXPECT_EQ(step > 0ms ? world.skipped : world.gaps, 0);
    }
}

TEST(DriftTest, JitterIsAveragedAway) {
    std::minstd_rand random(11);
    Drift drift(0ns, 48000);
    World world{.ppm = 120};
    world.stamp = [&](nanoseconds time) {
        return time + std::chrono::microseconds(static_cast<int>(random() % 10'000) - 5'000);
    };
    world.run(drift, 900s, 60s);
    EXPECT_LT(world.worst, 0.002);
    EXPECT_LE(world.steepest, kMaxSlew);
    EXPECT_EQ(world.gaps, 0);
}

TEST(DriftTest, ALostPieceIsAGapAndNotDrift) {
    Drift drift(0ns, 48000);
    World world;
    world.stamp = [](nanoseconds time) {
        return to_milliseconds(time < 10s ? time : time + 21333333ns);
    };
    world.run(drift, 20s);
    EXPECT_NEAR(double(world.gaps), 1024, 48);  // timestamps are whole milliseconds
    EXPECT_LT(world.steepest, 0.0005);
}

TEST(DriftTest, AfterALongGapSoundGoesOnAtItsTime) {
    Drift drift(1000ms, 48000);
    EXPECT_EQ(drift.next(1000ms, 960).at, 0);
    drift.laid(960);
    auto const place = drift.next(31'000ms, 960);
    EXPECT_EQ(place.at, 30 * 48000);
    EXPECT_EQ(place.gap, 30 * 48000 - 960);
    EXPECT_TRUE(place.compensation);
    EXPECT_EQ(place.compensation->frames, 0);
}

TEST(DriftTest, ARepetitionIsLeftOut) {
    Drift drift(0ns, 48000);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(drift.next(20ms * i, 960).skip, 0);
        drift.laid(960);
    }
    for (int i = 45; i < 50; ++i) EXPECT_EQ(drift.next(20ms * i, 960).skip, 960);
    auto const place = drift.next(1000ms, 960);
    EXPECT_EQ(place.skip, 0);
    EXPECT_EQ(place.gap, 0);
    EXPECT_EQ(place.at, 48000);
    EXPECT_EQ(drift.next(1010ms, 960).skip, 0 + 0);
}

TEST(DriftTest, APartOfAPieceMayBeThereAlready) {
    Drift drift(0ns, 48000);
    drift.next(0ms, 4800);
    drift.laid(4800);
    auto const place = drift.next(50ms, 4800);
    EXPECT_EQ(place.skip, 0);  // half of a piece: jitter, for all that is known
    drift.laid(4800);
    auto const next = drift.next(110ms, 4800);
    EXPECT_EQ(next.skip, 4320);
    EXPECT_EQ(next.at, 9600);
}

TEST(DriftTest, AClockThatWasSetBackDoesNotEndTheSound) {
    Drift drift(0ns, 48000);
    drift.next(10s, 960);
    drift.laid(960);
    auto const place = drift.next(2s, 960);
    EXPECT_EQ(place.at, 10 * 48000 + 960);
    EXPECT_EQ(place.skip, 0);
    EXPECT_EQ(place.gap, 0);
    EXPECT_EQ(place.shift, -8020ms);
    drift.laid(960);
    EXPECT_EQ(drift.next(2020ms, 960).at, 10 * 48000 + 1920);
    EXPECT_EQ(drift.position_of(2040ms), 10 * 48000 + 2880);
}

TEST(DriftTest, PositionsAndTimestampsAreTheSame) {
    Drift const drift(1500ms, 44100);
    EXPECT_EQ(drift.position_of(1500ms), 0);
    EXPECT_EQ(drift.position_of(500ms), -44100);
    EXPECT_EQ(drift.timestamp_of(441), 1510ms);
    for (Position k = -1000; k < 1000; k += 7) {
        EXPECT_EQ(drift.position_of(drift.timestamp_of(k)), k);
    }
}

TEST(DriftTest, WhatTheResamplerHoldsIsNoGap) {
    Drift drift(0ns, 48000);
    drift.next(0ms, 960);
    drift.laid(960 - 480);  // half of it comes later
    auto const place = drift.next(20ms, 960, 480);
    EXPECT_EQ(place.gap, 0);
    EXPECT_EQ(place.at, 480);
    EXPECT_EQ(drift.offset(), 0ns);
    drift.laid(960);
    // Before a gap it is let out: the gap begins after it.
    auto const after = drift.next(100ms, 960, 480);
    EXPECT_EQ(after.at, 4800);
    EXPECT_EQ(after.gap, 4800 - 1920);
}

}  // namespace tidegate::dub
