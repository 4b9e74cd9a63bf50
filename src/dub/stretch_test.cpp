#include "dub/stretch.hpp"

#include <gtest/gtest.h>

#include "dub/test_sound.hpp"

namespace tidegate::dub {

namespace {

constexpr media::AudioFormat kStereo48{48000, 2};

// The first frame that is louder than the limit.
Frames onset(media::Pcm const& pcm, float limit) {
    for (std::size_t i = 0; i < pcm.samples.size(); ++i) {
        if (std::abs(pcm.samples[i]) > limit) return Frames(i / pcm.format.channel_count);
    }
    return -1;
}

}  // namespace

TEST(StretchTest, TheLengthIsExactAndThePitchStays) {
    auto const dub = tone(kStereo48, 96000, 440, 0.5);
    for (auto const length : {Frames{72000}, Frames{80001}, Frames{100001}, Frames{127680}}) {
        auto const result = stretched(dub, length);
        ASSERT_EQ(Frames(result.frames()), length);
        EXPECT_EQ(result.format, kStereo48);
        EXPECT_GT(amplitude_of(result, 440, 24000, 24000), 0.4) << length;
        auto const moved = 440.0 * 96000 / static_cast<double>(length);
        EXPECT_LT(amplitude_of(result, moved, 24000, 24000), 0.05) << length;
    }
}

TEST(StretchTest, WhatIsSaidMovesWithTheTime) {
    for (auto const length : {Frames{72000}, Frames{120000}}) {
        auto dub = silence(kStereo48, 48000);
        append(dub, tone(kStereo48, 48000, 440, 0.5));
        auto const result = stretched(dub, length);
        EXPECT_NEAR(double(onset(result, 0.25F)), double(length) / 2, 48 * 15) << length;  // 15 ms
    }
}

TEST(StretchTest, ChannelsStayApart) {
    auto dub = tone(kStereo48, 96000, 440, 0.5);
    for (std::size_t i = 1; i < dub.samples.size(); i += 2) dub.samples[i] = 0;
    auto const result = stretched(dub, 84000);
    EXPECT_GT(amplitude_of(result, 440, 24000, 24000), 0.4);
    for (std::size_t i = 1; i < result.samples.size(); i += 2) {
        ASSERT_LT(std::abs(result.samples[i]), 0.01F) << i;
    }
}

TEST(StretchTest, AVoiceThatWasDoubledStaysTheSameOnAllChannels) {
    auto const result = stretched(voice({44100, 2}, 88200), 100000);
    for (std::size_t i = 0; i < result.samples.size(); i += 2) {
        ASSERT_EQ(result.samples[i], result.samples[i + 1]);
    }
    EXPECT_GT(largest(result), 0.2F);
}

TEST(StretchTest, ShortSoundAndAllRates) {
    for (auto const rate : {8000U, 16000U, 22050U, 44100U, 96000U}) {
        for (auto const frames : {Frames{1}, Frames{9}, Frames{400}, Frames{5000}}) {
            auto const result = stretched(tone({rate, 1}, frames, 300, 0.5), frames * 5 / 4);
            EXPECT_EQ(Frames(result.frames()), frames * 5 / 4) << rate;
        }
    }
}

}  // namespace tidegate::dub
