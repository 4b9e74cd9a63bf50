#include "endpoint/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace tidegate::endpoint {
namespace {

using std::chrono::milliseconds;

media::Unit small_unit(std::uint16_t track, milliseconds dts, std::size_t size = 10) {
    media::Unit made;
    made.track = track;
    made.dts = made.pts = dts;
    made.payload = base::SharedBytes::copy_of(base::Bytes(size));
    return made;
}

TEST(Statistics, CountUnitsAndBytesByTrack) {
    Statistics statistics;
    statistics.count_in(small_unit(1, milliseconds{0}, 7), {});
    statistics.count_in(small_unit(1, milliseconds{1}, 8), {});
    statistics.count_out(small_unit(0, milliseconds{0}, 5), media::Kind::video);
    ASSERT_EQ(statistics.in().size(), 2U);
    EXPECT_EQ(statistics.in()[0].units, 0U);
    EXPECT_EQ(statistics.in()[1].units, 2U);
    EXPECT_EQ(statistics.in()[1].bytes, 15U);
    EXPECT_EQ(statistics.out()[0].bytes, 5U);
    EXPECT_EQ(statistics.units_in(), 2U);
    EXPECT_EQ(statistics.units_out(), 1U);
}

TEST(Statistics, DelayIsFromArrivalToTheWrite) {
    Statistics statistics;
    ArrivalTime const start{std::chrono::seconds{100}};
    auto const video = small_unit(0, milliseconds{40});
    auto const audio = small_unit(1, milliseconds{20});
    statistics.count_in(audio, start);
    statistics.count_out(audio, media::Kind::audio);
    statistics.count_in(video, start + milliseconds{1});
    statistics.count_out(video, media::Kind::video);
    EXPECT_EQ(statistics.delays().total(), 0U) << "nothing is written yet";
    statistics.flushed(start + milliseconds{3});
    EXPECT_EQ(statistics.delays().total(), 2U);
    EXPECT_EQ(statistics.last_delay(), milliseconds{2});
    EXPECT_NEAR(statistics.delays().sum_seconds(), 0.005, 1e-9);
    statistics.flushed(start + milliseconds{9});
    EXPECT_EQ(statistics.delays().total(), 2U) << "each unit once";
}

TEST(Statistics, AUnitAnsweredLaterCountsFromWhenItsTimeCameIn) {
    Statistics statistics;
    ArrivalTime const start{std::chrono::seconds{100}};
    for (int i = 0; i <= 10; ++i) {
        statistics.count_in(small_unit(0, milliseconds{20 * i}), start + milliseconds{20 * i});
    }
    statistics.count_out(small_unit(0, milliseconds{0}), media::Kind::audio);
    statistics.flushed(start + milliseconds{200});
    EXPECT_EQ(statistics.last_delay(), milliseconds{200});
}

TEST(Statistics, UnitsWhoseTimesAreLaterAreComparedWithTheirOwn) {
    Statistics statistics;
    statistics.output_delay = milliseconds{100};
    ArrivalTime const start{std::chrono::seconds{100}};
    for (int i = 0; i <= 10; ++i) {
        statistics.count_in(small_unit(0, milliseconds{20 * i}), start + milliseconds{20 * i});
    }
    statistics.count_out(small_unit(0, milliseconds{100 + 100}), media::Kind::video);
    statistics.flushed(start + milliseconds{203});
    EXPECT_EQ(statistics.last_delay(), milliseconds{103});
}

// A router or a network hands on the units of 400 ms at once. Each has waited for exactly 1 s.
TEST(Statistics, UnitsThatComeInBurstsHaveTheDelayThatTheyHad) {
    Statistics statistics;
    statistics.output_delay = milliseconds{1000};
    ArrivalTime const start{std::chrono::seconds{100}};
    auto const burst = [&](int number) {
        for (int i = 0; i < 10; ++i) {
            statistics.count_in(small_unit(0, milliseconds{400 * number + 40 * i}),
                                start + milliseconds{400 * number});
        }
    };
    for (int number = 0; number < 4; ++number) {
        burst(number);
        if (number < 3) continue;
        for (int i = 0; i < 10; ++i) {
            statistics.count_out(small_unit(0, milliseconds{1000 + 40 * i}), media::Kind::video);
        }
        statistics.flushed(start + milliseconds{1200});
    }
    EXPECT_EQ(statistics.last_delay(), milliseconds{1200});
    EXPECT_NEAR(statistics.delays().sum_seconds(), 12.0, 1e-9);
}

// Sound is encoded anew, and its units do not lie where the source's did.
TEST(Statistics, AUnitBetweenTwoOfTheSourceHasTheArrivalOfTheFirst) {
    Statistics statistics;
    statistics.output_delay = milliseconds{100};
    ArrivalTime const start{std::chrono::seconds{100}};
    for (int i = 0; i <= 10; ++i) {
        statistics.count_in(small_unit(0, milliseconds{20 * i}), start + milliseconds{25 * i});
    }
    statistics.count_out(small_unit(0, milliseconds{100 - 20}), media::Kind::audio);
    statistics.flushed(start + milliseconds{200});
    EXPECT_EQ(statistics.last_delay(), milliseconds{220}) << "before the first";
    statistics.count_out(small_unit(0, milliseconds{100 + 70}), media::Kind::audio);
    statistics.flushed(start + milliseconds{200});
    EXPECT_EQ(statistics.last_delay(), milliseconds{200 - 75 - 10});
}

TEST(Statistics, AnOutputThatTakesNothingCostsLittleMemory) {
    Statistics statistics;
    statistics.output_delay = milliseconds{1000};
    for (int i = 0; i < 100'000; ++i) {
        statistics.count_in(small_unit(0, milliseconds{20 * i}), {});
    }
    EXPECT_LE(statistics.remembered(), 50U * 12U);
}

TEST(Statistics, InterleavingIsVideoMinusAudio) {
    Statistics statistics;
    statistics.count_out(small_unit(0, milliseconds{100}), media::Kind::video);
    EXPECT_EQ(statistics.av_interleave(), base::Timestamp{}) << "no audio yet";
    statistics.count_out(small_unit(1, milliseconds{130}), media::Kind::audio);
    EXPECT_EQ(statistics.av_interleave(), milliseconds{-30});
    EXPECT_EQ(statistics.newest_out(), milliseconds{130});
}

TEST(DelayHistogram, PutsEachDelayIntoItsBucket) {
    DelayHistogram histogram;
    auto const& bounds = DelayHistogram::kUpperBounds;
    for (auto const bound : bounds) {
        histogram.observe(std::chrono::nanoseconds(std::llround(bound * 1e9)));  // included
    }
    histogram.observe(std::chrono::seconds{60});
    for (auto const count : histogram.counts()) EXPECT_EQ(count, 1U);
    EXPECT_EQ(histogram.total(), bounds.size() + 1);
    EXPECT_NEAR(histogram.sum_seconds(), std::accumulate(bounds.begin(), bounds.end(), 60.0), 1e-6);
}

}  // namespace
}  // namespace tidegate::endpoint
