#include "dub/fit.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "dub/loudness.hpp"
#include "dub/test_sound.hpp"

namespace tidegate::dub {

namespace {

constexpr media::AudioFormat kFormat{16000, 1};
constexpr Frames kSecond = 16000;

Place place_of(Frames length, Frames pause = 0) {
    return {kFormat, length, pause, std::nullopt};
}
std::expected<Fitted, Fallback> fit_tone(Frames length, Place const& place) {
    return fit(tone(kFormat, length, 300, 0.3), place);
}

}  // namespace

TEST(FitTest, ADubOfTheRightLengthIsNotTouched) {
    auto const dub = tone(kFormat, 4 * kSecond, 300, 0.3);
    auto const fitted = fit(dub, place_of(4 * kSecond));
    ASSERT_TRUE(fitted);
    EXPECT_EQ(fitted->pcm, dub);
    EXPECT_EQ(fitted->stretch, 1);
    EXPECT_EQ(fitted->silence, 0);
    EXPECT_EQ(fitted->gain_db, 0);
}

TEST(FitTest, ALittleShorterIsAPause) {
    auto const fitted = fit_tone(4 * kSecond - 4000, place_of(4 * kSecond));  // 250 ms
    ASSERT_TRUE(fitted);
    EXPECT_EQ(fitted->stretch, 1);
    EXPECT_EQ(fitted->silence, 4000);
    // 3 % more than a pause: not stretched either.
    EXPECT_EQ(fit_tone(4 * kSecond - 4800 - 1600, place_of(4 * kSecond))->stretch, 1);
}

TEST(FitTest, ShorterIsStretchedUntilOnlyThePauseIsMissing) {
    auto const fitted = fit_tone(3 * kSecond, place_of(4 * kSecond));
    ASSERT_TRUE(fitted);
    EXPECT_EQ(Frames(fitted->pcm.frames()), 4 * kSecond - 4800);
    EXPECT_EQ(fitted->silence, 4800);
    EXPECT_NEAR(fitted->stretch, 3.7 / 3, 1e-9);
    EXPECT_GT(amplitude_of(fitted->pcm, 300, 16000, 16000), 0.25);
}

TEST(FitTest, TheSpeakersOwnPauseMayBeSilentToo) {
    auto const fitted = fit_tone(kSecond, place_of(3 * kSecond, 2 * kSecond));
    ASSERT_TRUE(fitted);
    EXPECT_EQ(fitted->stretch, 1);
    EXPECT_EQ(fitted->silence, 2 * kSecond);
}

TEST(FitTest, LongerIsStretchedToItsPlace) {
    auto const fitted = fit_tone(5 * kSecond, place_of(4 * kSecond));
    ASSERT_TRUE(fitted);
    EXPECT_EQ(Frames(fitted->pcm.frames()), 4 * kSecond);
    EXPECT_NEAR(fitted->stretch, 0.8, 1e-9);
    EXPECT_EQ(fitted->silence, 0);
    // Not for less than a fade: the rest is heard while it fades out.
    EXPECT_EQ(fit_tone(4 * kSecond + 320, place_of(4 * kSecond))->stretch, 1);
    EXPECT_LT(fit_tone(4 * kSecond + 321, place_of(4 * kSecond))->stretch, 1);
}

TEST(FitTest, BeyondTheLimitsItIsRefused) {
    EXPECT_TRUE(fit_tone(4 * kSecond * 4 / 3, place_of(4 * kSecond)));
    EXPECT_EQ(fit_tone(4 * kSecond * 4 / 3 + 10, place_of(4 * kSecond)).error(),
              Fallback::too_long);
    auto const least = Frames(3.7 * kSecond / kMaxStretch) + 1;
    EXPECT_TRUE(fit_tone(least, place_of(4 * kSecond)));
    EXPECT_EQ(fit_tone(least - 10, place_of(4 * kSecond)).error(), Fallback::too_short);
    EXPECT_EQ(fit_tone(10, place_of(4 * kSecond)).error(), Fallback::too_short);
}

TEST(FitTest, SilenceAtItsEndDoesNotCount) {
    auto dub = tone(kFormat, 4 * kSecond, 300, 0.3);
    append(dub, silence(kFormat, 10 * kSecond));
    auto const fitted = fit(dub, place_of(4 * kSecond + 800));
    ASSERT_TRUE(fitted);
    EXPECT_EQ(fitted->stretch, 1);
    EXPECT_EQ(Frames(fitted->pcm.frames()), 4 * kSecond + 800);  // 50 ms in which it fades away
    EXPECT_EQ(fitted->trimmed, 10 * kSecond - 800);
}

TEST(FitTest, SilenceAtItsBeginningIsKept) {
    auto dub = silence(kFormat, kSecond);
    append(dub, tone(kFormat, 3 * kSecond, 300, 0.3));
    auto const fitted = fit(dub, place_of(4 * kSecond));
    ASSERT_TRUE(fitted);
    EXPECT_EQ(fitted->pcm, dub);
}

TEST(FitTest, AShortPlaceMayNotBeSilentAsAWhole) {
    EXPECT_EQ(fit_tone(400, place_of(4000)).error(), Fallback::too_short);
    EXPECT_TRUE(fit_tone(3000, place_of(4000)));
}

TEST(FitTest, WhatIsNoSoundIsRefusedWithItsReason) {
    auto const place = place_of(kSecond);
    auto const with = [](float sample) {
        auto dub = tone(kFormat, kSecond, 300, 0.3);
        dub.samples[777] = sample;
        return dub;
    };
    EXPECT_EQ(fit({kFormat, {}}, place).error(), Fallback::empty);
    EXPECT_EQ(fit(silence(kFormat, kSecond), place).error(), Fallback::empty);
    EXPECT_EQ(fit(with(std::numeric_limits<float>::quiet_NaN()), place).error(),
              Fallback::not_finite);
    EXPECT_EQ(fit(with(-std::numeric_limits<float>::infinity()), place).error(),
              Fallback::not_finite);
    EXPECT_EQ(fit(tone({48000, 1}, kSecond, 300, 0.3), place).error(), Fallback::wrong_format);
    EXPECT_EQ(fit(tone({16000, 2}, kSecond, 300, 0.3), place).error(), Fallback::wrong_format);
    EXPECT_EQ(fit({{0, 0}, {}}, {{0, 0}, kSecond, 0, std::nullopt}).error(),
              Fallback::wrong_format);
    EXPECT_LE(largest(fit(with(1e30F), place)->pcm), 4.0F);
}

TEST(FitTest, GarbageIsSurvived) {
    std::minstd_rand random(5);
    for (int i = 0; i < 20; ++i) {
        auto const frames = Frames(1 + random() % 40'000);
        auto const dub = make_pcm(kFormat, frames, [&](Frames) {
            return std::ldexp(static_cast<double>(random()) - 1e9, int(random() % 200) - 130);
        });
        auto place = place_of(Frames(1 + random() % 40'000));
        place.loudness = -16;
        auto const fitted = fit(dub, place);
        if (!fitted) continue;
        EXPECT_LE(largest(fitted->pcm), 4.0F);
        EXPECT_LE(Frames(fitted->pcm.frames()), place.length + 320);
    }
}

TEST(FitTest, ItGetsTheLoudnessOfTheOriginal) {
    auto const spoken = voice(kFormat, 4 * kSecond, 0.2);
    for (auto const amplitude : {0.1, 0.35}) {
        auto place = place_of(4 * kSecond);
        place.loudness = loudness(spoken);
        auto const fitted = fit(voice(kFormat, 4 * kSecond, amplitude), place);
        ASSERT_TRUE(fitted);
        EXPECT_NEAR(*loudness(fitted->pcm), *place.loudness, 0.5) << amplitude;
        EXPECT_NEAR(fitted->gain_db, 20 * std::log10(0.2 / amplitude), 0.1);
    }
}

TEST(FitTest, AStretchedDubGetsItToo) {
    auto place = place_of(4 * kSecond);
    place.loudness = -14;
    auto const fitted = fit(voice(kFormat, 3 * kSecond, 0.15), place);
    ASSERT_TRUE(fitted);
    EXPECT_GT(fitted->stretch, 1);
    EXPECT_NEAR(*loudness(fitted->pcm), -14, 1.5);
    EXPECT_LE(largest(fitted->pcm), kCeiling * 1.0001F);
}

TEST(FallbackTest, EachReasonHasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kFallbacks; ++i) names.insert(name(static_cast<Fallback>(i)));
    EXPECT_EQ(names.size(), kFallbacks);
    EXPECT_FALSE(names.contains("unknown"));
    EXPECT_EQ(name(static_cast<Fallback>(kFallbacks)), "unknown");
}

}  // namespace tidegate::dub
