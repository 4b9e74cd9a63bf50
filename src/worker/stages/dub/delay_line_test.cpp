#include "worker/stages/dub/delay_line.hpp"

#include <gtest/gtest.h>

#include "media/test_samples.hpp"

namespace tidegate::worker {
namespace {

using std::chrono::milliseconds;
using Time = ArrivalClock::Time;

constexpr milliseconds kDelay{2000};
constexpr Time kStart{std::chrono::hours(5)};

class Recorder final : public UnitSink {
public:
    void on_tracks(media::Tracks const& tracks) override {
        changes.emplace_back(units.size(), tracks.size());
    }
    void on_unit(media::Unit const& unit) override { units.push_back(unit); }
    void on_end() override { ended = true; }

    std::vector<media::Unit> units;
    std::vector<std::pair<std::size_t, std::size_t>> changes;
    bool ended = false;
};

media::Unit picture(milliseconds dts, bool keyframe = true, std::size_t size = 10) {
    media::Unit unit;
    unit.keyframe = keyframe;
    unit.dts = dts;
    unit.pts = dts + milliseconds(40);
    unit.payload = base::SharedBytes::copy_of(base::Bytes(size, std::uint8_t(dts.count())));
    return unit;
}

media::Unit sound(milliseconds dts) {
    auto unit = picture(dts);
    unit.track = 1;
    return unit;
}

class DelayLineTest : public testing::Test {
protected:
    void hold(media::Unit const& unit, milliseconds at) {
        line.note(unit.dts, kStart + at);
        line.hold(unit, kStart + at);
    }
    void release(milliseconds at) { line.release(kStart + at, sink); }

    DelayLine line{kDelay, 1000};
    Recorder sink;
};

TEST(ArrivalClockTest, SaysWhatHadArrived) {
    ArrivalClock clock;
    clock.note(milliseconds(100), kStart);
    clock.note(milliseconds(90), kStart + milliseconds(5));  // another track, a little behind
    clock.note(milliseconds(140), kStart + milliseconds(30));
    clock.note(milliseconds(500), kStart + milliseconds(400));  // after a pause
    EXPECT_EQ(clock.at(kStart - milliseconds(60)), milliseconds(40)) << "time passed before, too";
    EXPECT_EQ(clock.at(kStart), milliseconds(100));
    EXPECT_EQ(clock.at(kStart + milliseconds(29)), milliseconds(100));
    EXPECT_EQ(clock.at(kStart + milliseconds(399)), milliseconds(140));
    EXPECT_EQ(clock.at(kStart + std::chrono::hours(1)), milliseconds(500));
    EXPECT_EQ(clock.when(milliseconds(40)), kStart - milliseconds(60));
    EXPECT_EQ(clock.when(milliseconds(101)), kStart + milliseconds(30));
    EXPECT_EQ(clock.when(milliseconds(501)), std::nullopt);
    clock.forget_before(kStart + milliseconds(300));
    EXPECT_EQ(clock.at(kStart + milliseconds(300)), milliseconds(140));
    EXPECT_EQ(clock.at(kStart + milliseconds(400)), milliseconds(500));
}

TEST_F(DelayLineTest, PicturesGoOutUntouchedAndNeverEarly) {
    for (int i = 0; i < 5; ++i) hold(picture(milliseconds(40 * i), i == 0), milliseconds(40 * i));
    for (int ms = 0; ms < 2200; ++ms) {
        release(milliseconds(ms));
        auto const due = ms < 2000 ? 0 : std::min((ms - 2000) / 40 + 1, 5);
        ASSERT_EQ(sink.units.size(), std::size_t(due)) << ms;
    }
    for (int i = 0; i < 5; ++i) {
        auto const& unit = sink.units[std::size_t(i)];
        auto const was = picture(milliseconds(40 * i), i == 0);
        EXPECT_EQ(unit.dts, was.dts + kDelay);
        EXPECT_EQ(unit.pts, was.pts + kDelay);
        EXPECT_EQ(unit.keyframe, was.keyframe);
        EXPECT_TRUE(std::ranges::equal(unit.payload.view(), was.payload.view()));
    }
    EXPECT_TRUE(line.empty());
    EXPECT_EQ(line.bytes(), 0U);
}

TEST_F(DelayLineTest, SoundGoesOutWithThePicturesOfItsTime) {
    for (int i = 0; i < 3; ++i) hold(picture(milliseconds(40 * i)), milliseconds(40 * i));
    line.add_sound(
        {sound(milliseconds(1000)), sound(milliseconds(2020)), sound(milliseconds(2070))});
    release(milliseconds(990));
    EXPECT_TRUE(sink.units.empty()) << "sound of the lead-in is not early either";
    release(milliseconds(1000));
    EXPECT_EQ(sink.units.size(), 1U);
    release(milliseconds(2080));
    ASSERT_EQ(sink.units.size(), 6U);
    for (std::size_t i = 1; i < 6; ++i) EXPECT_GE(sink.units[i].dts, sink.units[i - 1].dts);
}

TEST_F(DelayLineTest, SaysWhenSomethingIsDue) {
    EXPECT_EQ(line.next_due(), std::nullopt);
    hold(picture(milliseconds(0)), milliseconds(0));
    EXPECT_EQ(line.next_due(), kStart + kDelay);
    line.add_sound({sound(milliseconds(500))});
    EXPECT_EQ(line.next_due(), kStart + milliseconds(500) + kSoundWait);
}

TEST_F(DelayLineTest, AChangeOfTracksKeepsItsPlace) {
    hold(picture(milliseconds(0)), milliseconds(0));
    line.hold(media::Tracks{{media::H264Config{}}}, kStart + milliseconds(10));
    hold(picture(milliseconds(40)), milliseconds(40));
    release(milliseconds(3000));
    ASSERT_EQ(sink.changes.size(), 1U);
    EXPECT_EQ(sink.changes[0], (std::pair<std::size_t, std::size_t>{1, 1}));
    EXPECT_EQ(sink.units.size(), 2U);
}

TEST_F(DelayLineTest, WhatDoesNotFitIsDroppedUpToTheNextKeyFrame) {
    hold(picture(milliseconds(0), true, 600), milliseconds(0));
    hold(picture(milliseconds(40), false, 600), milliseconds(40));
    hold(picture(milliseconds(80), false, 10), milliseconds(80));
    hold(picture(milliseconds(120), true, 10), milliseconds(120));
    hold(picture(milliseconds(160), false, 10), milliseconds(160));
    EXPECT_EQ(line.dropped(), 2U);
    release(milliseconds(3000));
    ASSERT_EQ(sink.units.size(), 3U);
    EXPECT_EQ(sink.units[1].dts, milliseconds(120) + kDelay);
}

}  // namespace
}  // namespace tidegate::worker
