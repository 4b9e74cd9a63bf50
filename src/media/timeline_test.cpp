#include "media/timeline.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tidegate::media {
namespace {

using namespace std::chrono_literals;
using base::Timestamp;

constexpr std::uint16_t kVideo = 0;
constexpr std::uint16_t kAudio = 1;

// Feeds decode times and checks what must hold for every stream: rising within a track, pts before
// dts only where it was sent so.
class Checked {
public:
    Timeline::Mapped map(std::uint16_t track, Timestamp dts, Timestamp composition = {}) {
        auto const mapped = timeline_.map(track, dts, dts + composition);
        if (composition >= 0s) EXPECT_GE(mapped.pts, mapped.dts);
        if (last_[track]) {
            EXPECT_GE(mapped.dts, *last_[track] + kMinStep) << dts.count();
        }
        last_[track] = mapped.dts;
        return mapped;
    }
    Timestamp dts(std::uint16_t track, Timestamp dts) { return map(track, dts).dts; }

private:
    Timeline timeline_;
    std::optional<Timestamp> last_[kMaxTracks];
};

TEST(Timeline, AContinuousStreamPassesUnchanged) {
    Checked timeline;
    for (auto at = 3600s + 0ms; at < 3610s; at += 40ms) {
        auto const video = timeline.map(kVideo, at, 80ms);
        EXPECT_EQ(video.dts, at);
        EXPECT_EQ(video.pts, at + 80ms);
        EXPECT_EQ(video.shift, 0s);
        EXPECT_FALSE(video.dts_raised);
        EXPECT_EQ(timeline.dts(kAudio, at), at) << "equal times on two tracks are legal";
        EXPECT_EQ(timeline.dts(kAudio, at + 21ms), at + 21ms);
    }
}

TEST(Timeline, PicturesShownBeforeTheirDecodingKeepOrderAndDistances) {
    Checked timeline;
    // I P B B, decode times late by two pictures: what some encoders send.
    Timestamp const compositions[] = {0ms, 80ms, -40ms, -40ms};
    for (int i = 0; i < 100; ++i) {
        auto const dts = i * 40ms;
        auto const composition = i % 3 == 0 && i > 0 ? -40ms : compositions[i % 4];
        EXPECT_EQ(timeline.map(kVideo, dts, composition).pts, dts + composition) << i;
    }
}

TEST(Timeline, APictureShownBeforeItsDecodingKeepsItsTimeWhenItIsHeldBack) {
    Checked timeline;
    timeline.map(kVideo, 1000ms, 80ms);
    auto const back = timeline.map(kVideo, 1000ms, -40ms);
    EXPECT_TRUE(back.dts_raised);
    EXPECT_EQ(back.dts, 1001ms);
    EXPECT_EQ(back.pts, 960ms);
}

TEST(Timeline, AudioFirstByTenSecondsIsNoJump) {
    Checked timeline;
    for (auto at = 0ms; at < 10s; at += 20ms) EXPECT_EQ(timeline.dts(kAudio, at), at);
    for (auto at = 0ms; at < 12s; at += 40ms) EXPECT_EQ(timeline.dts(kVideo, at), at);
    EXPECT_EQ(timeline.dts(kAudio, 10s), 10s);
}

TEST(Timeline, ATrackThatWasSilentForMinutesIsNoJump) {
    Checked timeline;
    timeline.dts(kAudio, 0s);
    for (auto at = 0s; at < 300s; at += 1s) timeline.dts(kVideo, at);
    EXPECT_EQ(timeline.dts(kAudio, 299s), 299s);
}

TEST(Timeline, ASmallStepBackIsHeldBackUntilTheClockCatchesUp) {
    Checked timeline;
    timeline.dts(kVideo, 1000ms);
    auto const back = timeline.map(kVideo, 997ms, 10ms);
    EXPECT_EQ(back.dts, 1001ms);
    EXPECT_EQ(back.pts, 1007ms) << "the picture's own time is kept where it can be";
    EXPECT_TRUE(back.dts_raised);
    EXPECT_EQ(back.shift, 0s);
    EXPECT_EQ(timeline.dts(kVideo, 1040ms), 1040ms);
}

TEST(Timeline, AClockThatStartsAgainGoesOnFromTheLastOutput) {
    Checked timeline;
    for (auto at = 0ms; at <= 60s; at += 40ms) {
        timeline.dts(kVideo, at);
        timeline.dts(kAudio, at);
    }
    auto const restarted = timeline.map(kVideo, 0s);
    EXPECT_EQ(restarted.dts, 60040ms);
    EXPECT_EQ(restarted.shift, 60040ms);
    auto const audio = timeline.map(kAudio, 20ms);
    EXPECT_EQ(audio.dts, 60060ms) << "the other track follows with the same offset";
    EXPECT_EQ(audio.shift, 60040ms);
    EXPECT_EQ(timeline.map(kVideo, 40ms).shift, 0s);
}

TEST(Timeline, StragglersOfTheOtherTrackDoNotMakeItSwing) {
    Checked timeline;
    for (auto at = 0ms; at <= 30s; at += 20ms) {
        timeline.dts(kVideo, at);
        timeline.dts(kAudio, at);
    }
    EXPECT_EQ(timeline.dts(kVideo, 0s), 30020ms);
    EXPECT_EQ(timeline.dts(kAudio, 30020ms), 30020ms) << "still on the old clock";
    EXPECT_EQ(timeline.dts(kVideo, 20ms), 30040ms);
    EXPECT_EQ(timeline.dts(kAudio, 30040ms), 30040ms);
    EXPECT_EQ(timeline.dts(kAudio, 60ms), 30080ms) << "now it has jumped, too";
    EXPECT_EQ(timeline.dts(kVideo, 60ms), 30080ms);
}

TEST(Timeline, ThirtyTwoBitsWrapWithoutAGap) {
    Checked timeline;
    auto const wrap = std::chrono::milliseconds(std::int64_t{1} << 32);
    timeline.dts(kVideo, wrap - 80ms);
    timeline.dts(kAudio, wrap - 60ms);
    timeline.dts(kVideo, wrap - 40ms);
    EXPECT_EQ(timeline.dts(kVideo, 0s), wrap);
    EXPECT_EQ(timeline.dts(kAudio, 10ms), wrap + 10ms);
}

TEST(Timeline, AJumpOfADayDoesNotMakeReadersWait) {
    Checked timeline;
    timeline.dts(kVideo, 0ms);
    timeline.dts(kAudio, 0ms);
    timeline.dts(kVideo, 40ms);
    EXPECT_EQ(timeline.dts(kVideo, 24h), 80ms);
    EXPECT_EQ(timeline.dts(kAudio, 24h), 80ms);
    EXPECT_EQ(timeline.dts(kVideo, 24h + 40ms), 120ms);
}

TEST(Timeline, ForwardGapsUpToTheLimitAreGaps) {
    Checked timeline;
    timeline.dts(kVideo, 0s);
    EXPECT_EQ(timeline.dts(kVideo, kMaxForwardJump), kMaxForwardJump);
    EXPECT_EQ(timeline.dts(kVideo, 2 * kMaxForwardJump + 1ms),
              kMaxForwardJump + kNominalStep + 80ms);
}

TEST(Timeline, OneWrongTimeStampLeavesNoLastingShift) {
    for (auto const wrong : {Timestamp(-1ms), Timestamp(4294967295ms), Timestamp(24h)}) {
        Checked timeline;
        for (auto at = 10s + 0ms; at <= 12s; at += 40ms) timeline.dts(kVideo, at);
        timeline.dts(kVideo, wrong);
        EXPECT_LE(timeline.dts(kVideo, 12080ms), 12081ms) << wrong.count();
        EXPECT_EQ(timeline.dts(kVideo, 12120ms), 12120ms) << wrong.count();
    }
}

TEST(Timeline, StandingStillAMillionTimesAdvancesAMillisecondAUnit) {
    Checked timeline;
    timeline.dts(kAudio, 0s);
    Timestamp last{};
    for (int i = 0; i < 1'000'000; ++i) last = timeline.dts(kVideo, 0s);
    EXPECT_EQ(last, 999'999ms);
    auto const video = timeline.dts(kVideo, 33ms);
    EXPECT_GE(video, 1000s);
    EXPECT_LE(video - timeline.dts(kAudio, 33ms), kMaxBackwardJump)
        << "sound stays with the picture";
}

TEST(Timeline, CompositionTimesBeyondBeliefAreCut) {
    Checked timeline;
    EXPECT_EQ(timeline.map(kVideo, 0s, -8388608ms).pts, -kMaxCompositionTime);
    EXPECT_EQ(timeline.map(kVideo, 40ms, 8388607ms).pts, 40ms + kMaxCompositionTime);
}

TEST(Timeline, ExtremeInputsNeitherOverflowNorStop) {
    for (auto const extreme : {Timestamp::max(), Timestamp::min()}) {
        Checked timeline;
        timeline.map(kVideo, 0s);
        timeline.map(kVideo, extreme, 0s);
        timeline.map(kAudio, extreme, 0s);
        timeline.map(kVideo, 40ms);
        Checked started;
        started.map(kVideo, extreme, 0s);
        EXPECT_LE(std::chrono::abs(started.dts(kVideo, 0s)), kMaxMediaTime + 1s);
    }
    EXPECT_EQ(from_milliseconds(std::numeric_limits<std::int64_t>::max()), kMaxMediaTime);
    EXPECT_EQ(from_milliseconds(std::numeric_limits<std::int64_t>::min()), -kMaxMediaTime);
    EXPECT_EQ(from_milliseconds(-40), -40ms);
}

TEST(Timeline, NewTracksCannotPileUpExtremes) {
    Checked timeline;
    for (std::uint16_t track = 0; track < kMaxTracks; ++track) {
        timeline.map(track, Timestamp::max());
        timeline.map(track, Timestamp::min());
        EXPECT_LE(timeline.dts(track, 0s), 2 * kMaxMediaTime + 1min) << track;
    }
}

TEST(Timeline, AnyInputYieldsRisingOutputThatStaysNearThePresent) {
    std::mt19937_64 random(20260101);
    for (int run = 0; run < 200; ++run) {
        Checked timeline;
        Timestamp raw{};
        Timestamp newest{};
        for (int i = 0; i < 500; ++i) {
            switch (random() % 12) {
                case 0:
                    raw += std::chrono::milliseconds(random() % 100'000'000);
                    break;
                case 1:
                    raw -= std::chrono::milliseconds(random() % 100'000'000);
                    break;
                case 2:
                    raw -= std::chrono::milliseconds(random() % 1500);
                    break;
                case 3:
                    break;
                default:
                    raw += std::chrono::milliseconds(random() % 50);
            }
            auto const out = timeline.dts(static_cast<std::uint16_t>(random() % 2), raw);
            if (i > 20) {
                EXPECT_LE(out, newest + kMaxForwardJump + kMaxBackwardJump);
            }
            newest = i == 0 ? out : std::max(newest, out);
        }
    }
}

TEST(Timeline, NewestIsTheLatestOfAllTracks) {
    Timeline timeline;
    EXPECT_FALSE(timeline.newest());
    timeline.map(kVideo, -5s, -5s);
    EXPECT_EQ(timeline.newest(), -5s);
    timeline.map(kAudio, 2s, 2s);
    timeline.map(kVideo, 1s, 1s);
    EXPECT_EQ(timeline.newest(), 2s);
}

}  // namespace
}  // namespace tidegate::media
