#include "dub/cutter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "dub/test_sound.hpp"

namespace tidegate::dub {

namespace {

constexpr media::AudioFormat kFormat16{16000, 1};
constexpr Frames kSecondOf16 = 16000;
constexpr Frames kMs = 16;

// Speech and pauses, in milliseconds, over the noise of a room.
media::Pcm speech(std::initializer_list<std::pair<int, int>> parts, double room = 0.0005) {
    media::Pcm pcm{kFormat16, {}};
    for (auto const [spoken, pause] : parts) {
        append(pcm, voice(kFormat16, spoken * kMs));
        append(pcm, silence(kFormat16, pause * kMs));
    }
    auto const hum = noise(kFormat16, Frames(pcm.frames()), room);
    for (std::size_t i = 0; i < pcm.samples.size(); ++i) pcm.samples[i] += hum.samples[i];
    return pcm;
}

std::vector<Fragment> taken(Cutter& cutter) {
    std::vector<Fragment> fragments;
    while (auto fragment = cutter.next()) fragments.push_back(std::move(*fragment));
    return fragments;
}

std::vector<Fragment> cut_up(media::Pcm const& pcm, Position at = 0, CutterSettings settings = {},
                             std::size_t step = 341) {
    settings.format = pcm.format;
    Cutter cutter(settings);
    auto const samples = std::span(pcm.samples);
    step *= pcm.format.channel_count;
    for (std::size_t i = 0; i < samples.size(); i += step) {
        cutter.put(at + Frames(i / pcm.format.channel_count),
                   samples.subspan(i, std::min(step, samples.size() - i)));
    }
    cutter.finish();
    return taken(cutter);
}

// Together they are the source, sample by sample.
void expect_whole(std::vector<Fragment> const& fragments, media::Pcm const& source, Position at) {
    media::Pcm together{source.format, {}};
    for (std::size_t i = 0; i < fragments.size(); ++i) {
        EXPECT_EQ(fragments[i].number, i);
        EXPECT_EQ(fragments[i].first, at + Frames(together.frames()));
        EXPECT_GE(fragments[i].pause, 0);
        EXPECT_LE(fragments[i].pause, fragments[i].length());
        append(together, fragments[i].pcm);
    }
    EXPECT_TRUE(together == source);
}

}  // namespace

TEST(CutterTest, ItCutsInThePauses) {
    // Pauses end at 3 s, 6 s, 9.5 s.
    auto const source = speech({{2500, 500}, {2400, 600}, {3000, 500}, {2000, 0}});
    auto const fragments = cut_up(source, 777);
    expect_whole(fragments, source, 777);
    ASSERT_EQ(fragments.size(), 4U);
    auto const in_pause = [](Position at, int begin, int end) {
        return at - 777 > begin * kMs && at - 777 < end * kMs;
    };
    EXPECT_TRUE(in_pause(fragments[0].end(), 2500, 3000)) << fragments[0].end();
    EXPECT_TRUE(in_pause(fragments[1].end(), 5400, 6000)) << fragments[1].end();
    EXPECT_TRUE(in_pause(fragments[2].end(), 9000, 9500)) << fragments[2].end();
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(fragments[i].ending, Ending::pause);
        EXPECT_FALSE(fragments[i].silent);
        EXPECT_GT(fragments[i].pause, 80 * kMs);
        EXPECT_LT(fragments[i].pause, 500 * kMs);
    }
    EXPECT_EQ(fragments[3].ending, Ending::end);
}

// As with access units, which begin at multiples of this.
constexpr Frames kUnit = 1024;

Position nearest_unit(Position at, Position least) {
    auto const near = (at + kUnit / 2) / kUnit * kUnit;
    return near < least ? near + kUnit : near;
}

TEST(CutterTest, CutsMayBeMovedToWhereTheSourceCanBeCut) {
    auto const source = speech({{2500, 500},
                                {2400, 600},
                                {700, 300},
                                {8000, 100},
                                {7000, 600},
                                {3000, 500},
                                {50, 800},
                                {2000, 0}});
    auto const exact = cut_up(source);
    auto const moved = cut_up(source, 0, {.nearest = nearest_unit});
    expect_whole(moved, source, 0);
    ASSERT_EQ(moved.size(), exact.size());
    for (std::size_t i = 0; i + 1 < moved.size(); ++i) {
        EXPECT_EQ(moved[i].end() % kUnit, 0) << i;
        EXPECT_GE(moved[i].length(), 2000 * kMs) << i;
        EXPECT_NEAR(double(moved[i].end()), double(exact[i].end()), 80 * kMs) << i;
        EXPECT_NEAR(double(moved[i].pause), double(exact[i].pause), 80 * kMs) << i;
        EXPECT_EQ(moved[i].ending, exact[i].ending) << i;
    }
    EXPECT_TRUE(cut_up(source, 0, {.nearest = nearest_unit}, 1) == moved);
}

TEST(CutterTest, NoCutIsMovedBeforeTheMinimumOrBeyondWhatWasHeard) {
    auto const source = speech({{2500, 500}, {2400, 600}, {1400, 600}, {8000, 500}, {2000, 0}});
    auto const exact = cut_up(source);
    for (auto const far : {-1'000'000, 1'000'000}) {
        auto const moved =
            cut_up(source, 0, {.nearest = [&](Position at, Position) { return at + far; }});
        EXPECT_TRUE(moved == exact) << far;
    }
}

TEST(CutterTest, ANoisyRoomHasPausesToo) {
    auto const source = speech({{2500, 500}, {2400, 600}, {3000, 500}, {2000, 0}}, 0.02);
    auto const fragments = cut_up(source);
    expect_whole(fragments, source, 0);
    ASSERT_EQ(fragments.size(), 4U);
    EXPECT_EQ(fragments[1].ending, Ending::pause);
}

TEST(CutterTest, HowMuchComesAtATimeDoesNotMatter) {
    auto const source = speech({{2500, 500}, {900, 100}, {1400, 600}, {8000, 500}, {2000, 0}});
    auto const expected = cut_up(source, 5);
    for (auto const step : {std::size_t{1}, std::size_t{160}, std::size_t{1000000}}) {
        EXPECT_TRUE(cut_up(source, 5, {}, step) == expected) << step;
    }
}

TEST(CutterTest, APauseBeforeTheMinimumIsNone) {
    auto const fragments = cut_up(speech({{1000, 400}, {1500, 600}, {1000, 0}}));
    ASSERT_EQ(fragments.size(), 2U);
    EXPECT_GT(fragments[0].end(), 2900 * kMs);
}

TEST(CutterTest, AShortPauseIsEnoughInALongFragment) {
    auto const fragments = cut_up(speech({{5400, 180}, {3000, 0}}));
    ASSERT_EQ(fragments.size(), 2U);
    EXPECT_EQ(fragments[0].ending, Ending::pause);
    EXPECT_NEAR(double(fragments[0].end()), 5490 * kMs, 90 * kMs);
    // The same pause after 2.2 s is too short,
    EXPECT_EQ(cut_up(speech({{2200, 180}, {3000, 0}})).size(), 1U);
    // unless no better one comes.
    auto const late = cut_up(speech({{2200, 200}, {1000, 150}, {4000, 0}}));
    ASSERT_GE(late.size(), 2U);
    EXPECT_EQ(late[0].ending, Ending::pause);
    EXPECT_NEAR(double(late[0].end()), 2300 * kMs, 90 * kMs);
}

TEST(CutterTest, WithoutAPauseItCutsAtTheQuietestPoint) {
    auto source = voice(kFormat16, 9 * kSecondOf16);
    // Quieter, but no pause: 100 ms from 4.55 s on.
    for (Frames i = 4550 * kMs; i < 4650 * kMs; ++i) source.samples[size_t(i)] *= 0.3F;
    auto const fragments = cut_up(source);
    expect_whole(fragments, source, 0);
    ASSERT_GE(fragments.size(), 2U);
    EXPECT_EQ(fragments[0].ending, Ending::maximum);
    EXPECT_NEAR(double(fragments[0].end()), 4600 * kMs, 50 * kMs);
    EXPECT_LT(fragments[0].pause, 50 * kMs);
}

TEST(CutterTest, FragmentsKeepTheirLimits) {
    auto const source =
        speech({{700, 350}, {300, 200}, {12000, 250}, {60, 900}, {4000, 90}, {500, 0}});
    CutterSettings const settings{{},
                                  std::chrono::milliseconds{1000},
                                  std::chrono::milliseconds{3000},
                                  std::chrono::milliseconds{200}};
    auto const fragments = cut_up(source, 0, settings);
    expect_whole(fragments, source, 0);
    for (std::size_t i = 0; i + 1 < fragments.size(); ++i) {
        EXPECT_GE(fragments[i].length(), kSecondOf16) << i;
        EXPECT_LE(fragments[i].length(), 3 * kSecondOf16) << i;
    }
}

TEST(CutterTest, SilenceIsMarkedAndEndsShortlyBeforeSpeech) {
    auto source = silence(kFormat16, 9 * kSecondOf16);
    append(source, voice(kFormat16, 3 * kSecondOf16));
    auto const fragments = cut_up(source);
    expect_whole(fragments, source, 0);
    ASSERT_EQ(fragments.size(), 3U);
    EXPECT_TRUE(fragments[0].silent);
    EXPECT_EQ(fragments[0].length(), 6 * kSecondOf16);
    EXPECT_EQ(fragments[0].pause, fragments[0].length());
    EXPECT_TRUE(fragments[1].silent);
    EXPECT_NEAR(double(fragments[1].end()), 8900 * kMs, 30 * kMs);
    EXPECT_FALSE(fragments[2].silent);
}

TEST(CutterTest, ShortNoiseIsNoFragmentOfItsOwn) {
    auto source = noise(kFormat16, kSecondOf16, 0.02);
    append(source, voice(kFormat16, 3 * kSecondOf16));
    EXPECT_EQ(cut_up(source).size(), 1U);
    auto longer = noise(kFormat16, 3 * kSecondOf16, 0.02);
    append(longer, source);
    auto const fragments = cut_up(longer);
    ASSERT_EQ(fragments.size(), 2U);
    EXPECT_FALSE(fragments[0].silent);
    EXPECT_NEAR(double(fragments[0].end()), 3900 * kMs, 30 * kMs);
}

// Test signals and music are no silence, whatever the voice activity thinks of them.
TEST(CutterTest, ASteadyToneIsNeitherSilentNorAPause) {
    auto const source = tone(kFormat16, 20 * kSecondOf16, 440, 0.1);
    auto const fragments = cut_up(source);
    expect_whole(fragments, source, 0);
    for (auto const& fragment : fragments) {
        EXPECT_FALSE(fragment.silent);
        EXPECT_EQ(fragment.pause, 0);
    }
}

TEST(CutterTest, AGapEndsAFragment) {
    auto const source = voice(kFormat16, kSecondOf16);
    Cutter cutter({.format = kFormat16});
    EXPECT_FALSE(cutter.open_since());
    cutter.put(100, source.samples);
    EXPECT_EQ(cutter.open_since(), 100);
    cutter.put(100 + kSecondOf16 + 1, source.samples);
    EXPECT_EQ(cutter.open_since(), 100 + kSecondOf16 + 1);
    cutter.finish();
    EXPECT_FALSE(cutter.open_since());
    cutter.finish();
    auto const fragments = taken(cutter);
    ASSERT_EQ(fragments.size(), 2U);
    EXPECT_EQ(fragments[0].ending, Ending::gap);
    EXPECT_TRUE(fragments[0].pcm == source);
    EXPECT_EQ(fragments[1].first, 100 + kSecondOf16 + 1);
    EXPECT_EQ(fragments[1].ending, Ending::end);
}

TEST(CutterTest, SoundThatIsThereAlreadyIsLeftOut) {
    auto const source = voice(kFormat16, kSecondOf16);
    auto const part = [&](Frames first, Frames count) {
        return std::span(source.samples).subspan(size_t(first), size_t(count));
    };
    Cutter cutter({.format = kFormat16});
    cutter.put(0, part(0, 1000));
    cutter.put(500, part(500, 100));
    cutter.put(500, part(500, 1000));
    cutter.put(std::numeric_limits<Position>::min(), part(0, 100));
    cutter.finish();
    cutter.put(1400, part(1400, 400));  // also after the end of a fragment
    cutter.finish();
    auto const fragments = taken(cutter);
    ASSERT_EQ(fragments.size(), 2U);
    EXPECT_TRUE(fragments[0].pcm ==
                media::Pcm(kFormat16, {source.samples.begin(), source.samples.begin() + 1500}));
    EXPECT_EQ(fragments[1].first, 1500);
    EXPECT_EQ(fragments[1].length(), 300);
}

TEST(CutterTest, StereoAndOtherRates) {
    for (auto const format : {media::AudioFormat{48000, 2}, {44100, 2}, {22050, 1}, {8000, 1}}) {
        auto source = voice(format, format.sample_rate * 5 / 2);
        append(source, silence(format, format.sample_rate));
        append(source, voice(format, format.sample_rate * 5 / 2));
        auto const fragments = cut_up(source, 0, {}, 1024);
        expect_whole(fragments, source, 0);
        ASSERT_EQ(fragments.size(), 3U) << format.sample_rate;
        EXPECT_EQ(fragments[0].ending, Ending::pause);
        EXPECT_TRUE(fragments[1].silent);
    }
}

TEST(CutterTest, NumbersThatAreNoneDoNotStayInItsMemory) {
    auto source = speech({{2500, 500}, {2400, 600}, {3000, 500}});
    for (std::size_t i = 0; i < 100; ++i) {
        source.samples[i] = std::numeric_limits<float>::quiet_NaN();
    }
    auto const fragments = cut_up(source);
    ASSERT_EQ(fragments.size(), 4U);  // and the rest of the last pause
    EXPECT_EQ(fragments[0].pcm.samples[50], 0);
    EXPECT_EQ(fragments[1].ending, Ending::pause);
}

// s and f are quieter than vowels. They are no pause.
TEST(CutterTest, AHissIsSpeech) {
    VoiceActivity activity;
    auto const quiet = noise(kFormat16, 160, 0.002);
    for (int i = 0; i < 100; ++i) activity.next(quiet.samples, 1);
    EXPECT_FALSE(activity.next(quiet.samples, 1).speech);
    // 7 dB above the room: a hum of that level is none.
    auto const amplitude = 0.002 * 2.24 / std::sqrt(3.0);
    EXPECT_FALSE(
        activity.next(tone(kFormat16, 160, 100, amplitude * std::sqrt(2)).samples, 1).speech);
    auto const hiss = noise(kFormat16, 160, 0.002 * 2.24);
    EXPECT_TRUE(activity.next(hiss.samples, 1).speech);
}

}  // namespace tidegate::dub
