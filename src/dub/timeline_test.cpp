#include "dub/timeline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "dub/test_sound.hpp"

namespace tidegate::dub {

namespace {

constexpr media::AudioFormat kMono{1000, 1};
constexpr Frames kFadeFrames = 20;

float original_at(Frames k) {
    return static_cast<float>(0.3 + 0.1 * std::sin(static_cast<double>(k) / 15));
}
float dub_at(Frames i) {
    return static_cast<float>(-0.5 - 0.1 * std::cos(static_cast<double>(i) / 11));
}

std::vector<float> original(Position first, Frames frames) {
    std::vector<float> samples;
    for (auto k = first; k < first + frames; ++k) samples.push_back(original_at(k));
    return samples;
}
media::Pcm a_dub(Frames frames) {
    return make_pcm(kMono, frames, dub_at);
}

// A line with the original of 4 s.
class TimelineTest : public ::testing::Test {
protected:
    void SetUp() override { timeline.put(0, original(0, 4000)); }

    std::vector<float> read(Position until) {
        std::vector<float> sound;
        timeline.read(until, sound);
        return sound;
    }
    void read_on(Position until) { timeline.read(until, out); }
    void lay(std::uint64_t number, Position first, Frames length) {
        ASSERT_TRUE(timeline.expect(number, first, length));
        ASSERT_TRUE(timeline.lay(number, a_dub(length)));
    }

    Timeline timeline{{.format = kMono, .capacity = 5000}};
    std::vector<float> out;
};

}  // namespace

TEST_F(TimelineTest, TheOriginalPassesExactlyFromTheEndOfTheFirstFade) {
    auto const sound = read(4000);
    ASSERT_EQ(sound.size(), 4000U);
    for (Frames k = kFadeFrames; k < 4000; ++k) ASSERT_EQ(sound[size_t(k)], original_at(k)) << k;
    EXPECT_LT(sound[0], 0.02F);  // it begins with a fade
    EXPECT_EQ(timeline.position(), 4000);
    EXPECT_EQ(timeline.heard().original, 4000);
}

TEST_F(TimelineTest, ADubIsHeardAtItsPlaceAndNowhereElse) {
    lay(0, 1000, 500);
    auto const sound = read(4000);
    for (Frames k = kFadeFrames; k < 1000; ++k) ASSERT_EQ(sound[size_t(k)], original_at(k)) << k;
    for (auto k = 1000 + kFadeFrames; k < 1500; ++k) {
        ASSERT_EQ(sound[size_t(k)], dub_at(k - 1000)) << k;
    }
    for (auto k = 1500 + kFadeFrames; k < 4000; ++k) {
        ASSERT_EQ(sound[size_t(k)], original_at(k)) << k;
    }
    EXPECT_EQ(timeline.heard().dub, 500);
}

TEST_F(TimelineTest, AChangeIsAnEqualPowerCrossFade) {
    lay(0, 1000, 500);
    auto const sound = read(4000);
    for (Frames i = 0; i < kFadeFrames; ++i) {
        auto const angle = (static_cast<double>(i) + 0.5) / kFadeFrames * std::numbers::pi / 2;
        auto const begins = std::sin(angle) * dub_at(i) + std::cos(angle) * original_at(1000 + i);
        EXPECT_NEAR(sound[size_t(1000 + i)], begins, 1e-6) << i;
        // The dub has no samples after its end: the last ones are mirrored.
        auto const ends =
            std::sin(angle) * original_at(1500 + i) + std::cos(angle) * dub_at(499 - i);
        EXPECT_NEAR(sound[size_t(1500 + i)], ends, 1e-6) << i;
    }
}

TEST_F(TimelineTest, ADubThatIsALittleLongerFadesWithItsOwnSamples) {
    ASSERT_TRUE(timeline.expect(0, 1000, 500));
    ASSERT_TRUE(timeline.lay(0, a_dub(700)));  // cut to the place and a fade
    auto const sound = read(2000);
    auto const half = std::sqrt(0.5);
    EXPECT_NEAR(sound[1510], half * (original_at(1510) + dub_at(510)), 0.03);
    EXPECT_EQ(sound[1520], original_at(1520));
}

TEST_F(TimelineTest, BetweenTwoDubsTheOriginalIsNotHeard) {
    lay(0, 1000, 500);
    lay(1, 1500, 500);
    auto const sound = read(2000);
    auto const fades_from = [&](Frames i) {
        auto const angle = (static_cast<double>(i) + 0.5) / kFadeFrames * std::numbers::pi / 2;
        return std::sin(angle) * dub_at(i) + std::cos(angle) * dub_at(499 - i);
    };
    for (Frames i = 0; i < kFadeFrames; ++i) {
        EXPECT_NEAR(sound[size_t(1500 + i)], fades_from(i), 1e-6) << i;
    }
}

TEST_F(TimelineTest, AShorterDubLeavesAPause) {
    ASSERT_TRUE(timeline.expect(0, 1000, 1000));
    ASSERT_TRUE(timeline.lay(0, a_dub(800)));
    auto const sound = read(4000);
    EXPECT_EQ(sound[1799], dub_at(799));
    for (auto k = 1800 + kFadeFrames; k < 2000; ++k) ASSERT_EQ(sound[size_t(k)], 0) << k;
    EXPECT_EQ(sound[2000 + kFadeFrames], original_at(2000 + kFadeFrames));
}

TEST_F(TimelineTest, ADubThatWouldLeaveALongerSilenceIsRefused) {
    ASSERT_TRUE(timeline.expect(0, 1000, 1000));
    EXPECT_EQ(timeline.lay(0, a_dub(700)).error(), Fallback::too_short);
    ASSERT_TRUE(timeline.expect(1, 2000, 1000, 600));  // the speaker pauses as well
    EXPECT_TRUE(timeline.lay(1, a_dub(400)));
    auto const sound = read(4000);
    EXPECT_EQ(sound[1500], original_at(1500));
    EXPECT_EQ(sound[2300], dub_at(300));
    EXPECT_EQ(timeline.next_outcome()->fallback, Fallback::too_short);
    EXPECT_EQ(timeline.next_outcome()->fallback, std::nullopt);
    EXPECT_FALSE(timeline.next_outcome());
}

TEST_F(TimelineTest, APauseNotLongerThanAFadeIsNone) {
    ASSERT_TRUE(timeline.expect(0, 1000, 500));
    ASSERT_TRUE(timeline.lay(0, a_dub(485)));
    auto const sound = read(2000);
    for (Frames i = 0; i < 15; ++i) ASSERT_EQ(sound[size_t(1485 + i)], dub_at(484 - i)) << i;
    EXPECT_EQ(sound[1520], original_at(1520));
}

TEST_F(TimelineTest, ADubIsLateFromTheFirstSampleOfItsPlace) {
    ASSERT_TRUE(timeline.expect(0, 1000, 500));
    ASSERT_TRUE(timeline.expect(1, 1500, 500));
    read_on(1000);
    EXPECT_FALSE(timeline.next_outcome());
    EXPECT_TRUE(timeline.lay(0, a_dub(500)));  // in time to the sample
    read_on(1501);
    EXPECT_EQ(timeline.lay(1, a_dub(500)).error(), Fallback::late);
    EXPECT_EQ(timeline.next_outcome()->fallback, std::nullopt);
    EXPECT_EQ(timeline.next_outcome()->fallback, Fallback::late);
    read_on(2000);
    EXPECT_EQ(out[1100], dub_at(100));
    EXPECT_EQ(out[1700], original_at(1700));
}

TEST_F(TimelineTest, OneOutcomeForEachFragmentInTheirOrder) {
    for (std::uint64_t i = 0; i < 4; ++i) {
        ASSERT_TRUE(timeline.expect(i, 1000 + Position(i) * 500, 500));
    }
    timeline.fall_back(2, Fallback::timed_out);
    timeline.fall_back(0, Fallback::failed);
    EXPECT_EQ(timeline.lay(0, a_dub(500)).error(), Fallback::late);  // it has an outcome already
    EXPECT_TRUE(timeline.lay(1, a_dub(500)));
    EXPECT_EQ(timeline.lay(1, a_dub(400)).error(), Fallback::late);  // a second one
    timeline.fall_back(1, Fallback::failed);                         // no effect: it has its dub
    EXPECT_EQ(timeline.lay(17, a_dub(400)).error(), Fallback::late);
    read_on(4000);
    auto const expected = std::vector<std::optional<Fallback>>{Fallback::failed, std::nullopt,
                                                               Fallback::timed_out, Fallback::late};
    for (std::uint64_t i = 0; i < 4; ++i) {
        auto const outcome = timeline.next_outcome();
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->fragment, i);
        EXPECT_EQ(outcome->fallback, expected[i]);
    }
    EXPECT_FALSE(timeline.next_outcome());
    EXPECT_EQ(timeline.waiting(), 0U);
}

TEST_F(TimelineTest, WhatCannotBeADubIsRefusedWithItsReason) {
    for (std::uint64_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(timeline.expect(i, Position(i) * 500, 500));
    }
    EXPECT_EQ(timeline.lay(0, tone({2000, 1}, 500, 100, 0.1)).error(), Fallback::wrong_format);
    EXPECT_EQ(timeline.lay(1, tone({1000, 2}, 500, 100, 0.1)).error(), Fallback::wrong_format);
    EXPECT_EQ(timeline.lay(2, {kMono, {}}).error(), Fallback::empty);
}

TEST_F(TimelineTest, OnlyFragmentsThatRiseAndHaveRoomAreExpected) {
    EXPECT_FALSE(timeline.expect(0, 0, 0));
    EXPECT_FALSE(timeline.expect(0, -1, 10));
    EXPECT_FALSE(timeline.expect(0, 4000, 1001));  // beyond the capacity
    EXPECT_FALSE(timeline.expect(0, 10, std::numeric_limits<Frames>::max()));
    EXPECT_TRUE(timeline.expect(5, 1000, 500));
    EXPECT_FALSE(timeline.expect(6, 1499, 10));
    EXPECT_FALSE(timeline.expect(5, 1500, 10));
    EXPECT_TRUE(timeline.expect(6, 1500, 10));
    read_on(2000);
    EXPECT_FALSE(timeline.expect(7, 1999, 10));
    EXPECT_TRUE(timeline.expect(7, 2000, 10));
}

TEST_F(TimelineTest, NumbersThatAreNoneDoNotComeOut) {
    auto constexpr kNan = std::numeric_limits<float>::quiet_NaN();
    auto constexpr kInfinity = std::numeric_limits<float>::infinity();
    timeline.put(4000, std::vector<float>{0.1F, kNan, kInfinity, -1e30F});
    ASSERT_TRUE(timeline.expect(0, 1000, 3));
    ASSERT_TRUE(timeline.lay(0, {kMono, {kNan, kNan, kNan}}));
    auto const sound = read(4004);
    EXPECT_TRUE(std::ranges::all_of(sound, [](float s) { return std::abs(s) <= 4.0F; }));
    EXPECT_EQ(sound[4001], 0);
}

TEST_F(TimelineTest, TwoPeaksDoNotClip) {
    Timeline loud({.format = kMono, .capacity = 1000});
    loud.put(0, std::vector<float>(1000, 0.9F));
    ASSERT_TRUE(loud.expect(0, 500, 300));
    ASSERT_TRUE(loud.lay(0, make_pcm(kMono, 300, [](Frames) { return 0.9; })));
    loud.read(1000, out);
    EXPECT_EQ(std::ranges::max(out), 1.0F);
}

// --- the source's gaps ---

TEST(TimelineGapTest, AGapFadesOutAndInAtItsEdges) {
    Timeline timeline({.format = kMono, .capacity = 5000});
    EXPECT_EQ(timeline.put(0, original(0, 1000)), 1000);
    EXPECT_EQ(timeline.put(1500, original(1500, 1000)), 1000);
    EXPECT_EQ(timeline.source_end(), 2500);
    std::vector<float> out;
    timeline.read(2500, out);
    EXPECT_EQ(out[999], original_at(999));
    EXPECT_GT(out[1005], 0.2F);  // its last samples, mirrored, fade out
    for (auto k = 1000 + kFadeFrames; k < 1500; ++k) ASSERT_EQ(out[size_t(k)], 0) << k;
    EXPECT_LT(out[1500], 0.02F);
    EXPECT_EQ(out[1500 + kFadeFrames], original_at(1500 + kFadeFrames));
    EXPECT_EQ(timeline.heard().silence, 500);
}

TEST(TimelineGapTest, ALostUnitIsBridged) {
    Timeline timeline({.format = kMono, .capacity = 5000});
    timeline.put(0, original(0, 1000));
    timeline.put(1020, original(1020, 1000));
    std::vector<float> out;
    timeline.read(2000, out);
    for (auto k = kFadeFrames; k < 2000; ++k) ASSERT_GT(out[size_t(k)], 0.19F) << k;
    for (auto k = 1040; k < 2000; ++k) ASSERT_EQ(out[size_t(k)], original_at(k)) << k;
    EXPECT_EQ(timeline.heard().silence, 0);
}

TEST(TimelineGapTest, WithoutASourceThereIsSilence) {
    Timeline timeline({.format = kMono, .start = -50, .capacity = 5000});
    std::vector<float> out;
    timeline.read(950, out);
    EXPECT_EQ(out, std::vector<float>(1000, 0.0F));
    EXPECT_EQ(timeline.put(900, original(900, 100)), 50);  // the first half comes too late
    timeline.read(950, out);                               // no effect
    timeline.read(900, out);
    timeline.read(1000, out);
    ASSERT_EQ(out.size(), 1050U);
    EXPECT_EQ(out[1049], original_at(999));
}

TEST(TimelineGapTest, ADubIsHeardInAGapOfTheSource) {
    Timeline timeline({.format = kMono, .capacity = 5000});
    ASSERT_TRUE(timeline.expect(0, 500, 500));
    ASSERT_TRUE(timeline.lay(0, a_dub(500)));
    std::vector<float> out;
    timeline.read(1500, out);
    EXPECT_EQ(out[499], 0);
    EXPECT_EQ(out[520], dub_at(20));
    EXPECT_EQ(out[1020], 0);
}

TEST(TimelineGapTest, OnlyWhatFitsIsTaken) {
    Timeline timeline({.format = kMono, .capacity = 1000});
    EXPECT_EQ(timeline.put(0, original(0, 1500)), 1000);
    EXPECT_EQ(timeline.put(5000, original(5000, 10)), 0);
    auto const memory = timeline.memory();
    std::vector<float> out;
    timeline.read(300, out);
    EXPECT_EQ(timeline.put(1000, original(1000, 1500)), 300);
    EXPECT_EQ(timeline.put(900, original(900, 100)), 0);  // it is there already
    timeline.read(1300, out);
    for (auto k = kFadeFrames; k < 1300; ++k) ASSERT_EQ(out[size_t(k)], original_at(k)) << k;
    EXPECT_EQ(timeline.memory(), memory);
}

// The samples of a fade stay, even if the source is ahead by all that the line can hold.
TEST(TimelineGapTest, AFullLineKeepsWhatFadesOut) {
    Timeline timeline({.format = kMono, .capacity = 200});
    timeline.put(0, std::vector<float>(100, 0.5F));
    std::vector<float> out;
    timeline.read(105, out);
    EXPECT_EQ(timeline.put(200, std::vector<float>(300, -0.5F)), 105);
    timeline.read(300, out);
    for (std::size_t k = 100; k < 200; ++k) ASSERT_GE(out[k], 0) << k;
    EXPECT_GT(out[110], 0.3F);
    EXPECT_EQ(out[299], -0.5F);
}

TEST(TimelineGapTest, ManyShortPiecesCostNoMemory) {
    Timeline timeline({.format = kMono, .capacity = 100'000});
    std::vector<float> const one{0.5F};
    Frames taken = 0;
    for (Position k = 0; k < 100'000; k += 2) taken += timeline.put(k, one);
    EXPECT_EQ(taken, Frames{kMaxRuns});
    std::vector<float> out;
    timeline.read(100'000, out);
    EXPECT_EQ(out.size(), 100'000U);
}

// --- how it is read ---

TEST(TimelineReadTest, HowMuchIsReadAtATimeDoesNotMatter) {
    auto const fill = [](Timeline& timeline) {
        timeline.put(0, original(0, 700));
        timeline.put(711, original(711, 500));
        timeline.put(1300, original(1300, 1700));
        Position at = 0;
        std::minstd_rand random(3);
        for (std::uint64_t i = 0; at < 2900; ++i) {
            auto const length = Frames(3 + random() % 60);
            ASSERT_TRUE(timeline.expect(i, at, length));
            if (random() % 3 != 0) static_cast<void>(timeline.lay(i, a_dub(length)));
            at += length;
        }
    };
    std::vector<float> whole;
    Timeline at_once({.format = kMono, .capacity = 3000});
    fill(at_once);
    at_once.read(3000, whole);
    for (auto const step : {1, 7, 20, 333}) {
        std::vector<float> out;
        Timeline timeline({.format = kMono, .capacity = 3000});
        fill(timeline);
        for (Position until = step; until < 3000 + step; until += step) {
            timeline.read(std::min<Position>(3000, until), out);
        }
        EXPECT_EQ(out, whole) << step;
    }
}

TEST(TimelineReadTest, ChannelsStayApart) {
    Timeline timeline({.format = {1000, 2}, .capacity = 1000});
    std::vector<float> samples;
    for (int i = 0; i < 1000; ++i) samples.insert(samples.end(), {0.25F, -0.5F});
    timeline.put(0, samples);
    ASSERT_TRUE(timeline.expect(0, 500, 250));
    media::Pcm dub{{1000, 2}, {}};
    for (int i = 0; i < 250; ++i) dub.samples.insert(dub.samples.end(), {0.75F, -0.125F});
    ASSERT_TRUE(timeline.lay(0, dub));
    std::vector<float> out;
    timeline.read(333, out);
    timeline.read(1000, out);
    ASSERT_EQ(out.size(), 2000U);
    EXPECT_EQ(out[2 * 400], 0.25F);
    EXPECT_EQ(out[2 * 400 + 1], -0.5F);
    EXPECT_EQ(out[2 * 600], 0.75F);
    EXPECT_EQ(out[2 * 600 + 1], -0.125F);
    EXPECT_EQ(out[2 * 999 + 1], -0.5F);
}

// --- the bed ---

TEST(TimelineBedTest, TheOriginalStaysUnderneath) {
    Timeline timeline({.format = kMono, .capacity = 5000, .bed = BedSettings{-18}});
    timeline.put(0, original(0, 5000));
    ASSERT_TRUE(timeline.expect(0, 1000, 2000));
    ASSERT_TRUE(timeline.lay(0, a_dub(1750)));
    std::vector<float> out;
    timeline.read(5000, out);
    EXPECT_EQ(out[999], original_at(999));
    auto const bed = std::pow(10.0, -18.0 / 20);
    EXPECT_NEAR(out[2000], dub_at(1000) + bed * original_at(2000), 0.002);
    // In the dub's pause it comes up by less than kBedRiseDb.
    EXPECT_GT(out[2990], 1.2 * bed * original_at(2990));
    EXPECT_LT(out[2990], 2 * bed * original_at(2990));
    EXPECT_EQ(out[3000 + kFadeFrames], original_at(3000 + kFadeFrames));
    for (std::size_t k = 1; k < out.size(); ++k) ASSERT_LT(std::abs(out[k] - out[k - 1]), 0.1F);
}

}  // namespace tidegate::dub
