#include "dub/loudness.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "dub/test_sound.hpp"

namespace tidegate::dub {

namespace {

constexpr media::AudioFormat kMono48{48000, 1};

}  // namespace

// EBU Tech 3341: a stereo tone of 1 kHz at -23 dB full scale has -23 LUFS.
TEST(LoudnessTest, ATestToneHasTheLoudnessOfTheSpecification) {
    auto const lufs = loudness(tone({48000, 2}, 4 * 48000, 1000, std::pow(10.0, -23.0 / 20)));
    ASSERT_TRUE(lufs);
    EXPECT_NEAR(*lufs, -23.0, 0.1);
}

TEST(LoudnessTest, PausesDoNotCount) {
    auto speech = voice(kMono48, 2 * 48000);
    auto const alone = loudness(speech);
    append(speech, silence(kMono48, 3 * 48000));
    EXPECT_NEAR(*loudness(speech), *alone, 0.7);
}

TEST(LoudnessTest, SilenceAndVeryShortSoundHaveNone) {
    EXPECT_EQ(loudness(silence(kMono48, 48000)), std::nullopt);
    EXPECT_EQ(loudness(voice(kMono48, 48000 * 390 / 1000)), std::nullopt);
    EXPECT_EQ(loudness({kMono48, {}}), std::nullopt);
    EXPECT_EQ(loudness(silence({1, 1}, 10)), std::nullopt);  // no rate of the library
}

TEST(LoudnessTest, TheGainIsTheDifferenceWithinItsLimits) {
    EXPECT_EQ(gain_between(-20.0, -14.0), 6);
    EXPECT_EQ(gain_between(-14.0, -20.0), -6);
    EXPECT_EQ(gain_between(-40.0, -14.0), kMaxGainDb);
    EXPECT_EQ(gain_between(-10.0, -40.0), -kMaxGainDb);
    EXPECT_EQ(gain_between(std::nullopt, -14.0), 0);
    EXPECT_EQ(gain_between(-14.0, std::nullopt), 0);
    EXPECT_EQ(gain_between(-60.0, -20.0), 0);  // what is nearly silent is not made loud
    EXPECT_EQ(gain_between(-20.0, -60.0), 0);
}

TEST(LoudnessTest, AGainWithoutPeaksOnlyMultiplies) {
    auto pcm = tone(kMono48, 48000, 300, 0.25);
    auto const before = pcm;
    apply_gain(pcm, 6.0);
    auto const factor = static_cast<float>(std::pow(10.0, 6.0 / 20));
    for (std::size_t i = 0; i < pcm.samples.size(); ++i) {
        ASSERT_EQ(pcm.samples[i], before.samples[i] * factor);
    }
    pcm = before;
    apply_gain(pcm, 0);
    EXPECT_EQ(pcm, before);
}

TEST(LoudnessTest, PeaksAreLimitedAndTheRestIsNot) {
    auto pcm = tone(kMono48, 48000, 300, 0.2);
    for (std::size_t i = 24000; i < 24010; ++i) pcm.samples[i] = -0.9F;
    apply_gain(pcm, 12.0);
    EXPECT_LE(largest(pcm), kCeiling * 1.0001F);
    EXPECT_GT(largest(pcm), kCeiling * 0.95F);
    // 20 ms before and after the peak the gain is whole.
    auto const amplitude = 0.2 * std::pow(10.0, 12.0 / 20);
    EXPECT_NEAR(amplitude_of(pcm, 300, 24000 - 960 - 4800, 4800), amplitude, 0.01);
    EXPECT_NEAR(amplitude_of(pcm, 300, 24000 + 960, 4800), amplitude, 0.01);
}

TEST(LoudnessTest, ALimitedToneHasNoSteps) {
    auto pcm = tone(kMono48, 48000, 300, 0.6);
    apply_gain(pcm, 12.0);
    EXPECT_LE(largest(pcm), kCeiling * 1.0001F);
    auto const steepest = 2 * std::numbers::pi * 300 / 48000 * 0.6 * 4;
    for (std::size_t i = 1; i < pcm.samples.size(); ++i) {
        ASSERT_LT(std::abs(pcm.samples[i] - pcm.samples[i - 1]), steepest) << i;
    }
}

TEST(LoudnessTest, TheSecondChannelIsLimitedWithTheFirst) {
    auto pcm = tone({48000, 2}, 4800, 300, 0.6);
    for (std::size_t i = 1; i < pcm.samples.size(); i += 2) pcm.samples[i] *= 0.5F;
    apply_gain(pcm, 6.0);
    for (std::size_t i = 0; i < pcm.samples.size(); i += 2) {
        ASSERT_NEAR(pcm.samples[i + 1], pcm.samples[i] * 0.5F, 1e-5);
    }
}

}  // namespace tidegate::dub
