#include "endpoint/paced_start.hpp"

#include <gtest/gtest.h>

#include "endpoint/test_peers.hpp"

namespace tidegate::endpoint {
namespace {

using test::milliseconds;
using test::unit;

struct Start {
    explicit Start(std::size_t sounds) : start(tracks(sounds), {}) {}

    static media::Tracks tracks(std::size_t sounds) {
        auto tracks = test::av_tracks();
        tracks.resize(1 + sounds, tracks[1]);
        return tracks;
    }
    // What leaves at this time: "0@80" is the unit of track 0 with pts 80.
    std::string at(int now) {
        std::vector<media::Unit> out;
        next = start.step(waiting, PacedStart::Time{milliseconds{now}}, out);
        std::string text;
        for (auto const& one : out) {
            text += (text.empty() ? "" : " ") + std::to_string(one.track) + "@" +
                    std::to_string(one.pts / milliseconds{1});
        }
        return text;
    }
    std::int64_t asked() const { return next->time_since_epoch() / milliseconds{1}; }
    void come(std::uint16_t track, int pts, bool keyframe = true) {
        waiting.push_back(unit(track, milliseconds{pts}, 1, keyframe));
    }

    PacedStart start;
    std::vector<media::Unit> waiting;
    std::optional<PacedStart::Time> next;
};

TEST(PacedStart, FirstUnitsLeaveAsFarApartAsTheyArePlayed) {
    Start it(1);
    it.come(0, 1080);
    it.come(0, 1033, false);
    it.come(1, 1000);
    it.come(1, 1021);
    EXPECT_EQ(it.at(10), "1@1000") << "the sound is played first";
    EXPECT_EQ(it.asked(), 90);
    it.come(1, 1042);
    EXPECT_EQ(it.at(50), "") << "all wait: the sound must not run ahead";
    EXPECT_FALSE(it.start.over());
    EXPECT_EQ(it.at(91), "0@1080 0@1033 1@1021 1@1042");
    EXPECT_TRUE(it.start.over());
    EXPECT_TRUE(it.waiting.empty());
}

TEST(PacedStart, AllTracksAreWaitedForButNotForEver) {
    Start it(2);
    it.come(0, 0);
    EXPECT_EQ(it.at(1), "");
    EXPECT_EQ(it.asked(), 500);
    it.come(2, 0);
    EXPECT_EQ(it.at(500), "0@0 2@0");
    EXPECT_FALSE(it.next);
    EXPECT_FALSE(it.start.over());
    it.come(0, 33);
    EXPECT_EQ(it.at(533), "0@33") << "the others flow";
}

// A picture comes before it is shown, and has to leave when it is: the place of the sound tells.
TEST(PacedStart, ATrackThatBeginsLaterIsPlacedByTheFirstOne) {
    Start it(1);
    for (int i = 0; i <= 500; i += 20) it.come(1, i);
    it.at(500);
    it.come(1, 520);
    EXPECT_EQ(it.at(523), "1@520");
    it.come(0, 600);
    EXPECT_EQ(it.at(530), "");
    EXPECT_EQ(it.asked(), 603) << "80 ms after the last sound";
    it.come(1, 540);
    it.come(0, 567, false);
    EXPECT_EQ(it.at(542), "1@540") << "the picture behind it waits as well";
    EXPECT_EQ(it.asked(), 602);
    EXPECT_EQ(it.at(602), "0@600 0@567");
    EXPECT_TRUE(it.start.over());
}

TEST(PacedStart, WithoutAnyUnitNothingWaitsForATime) {
    Start it(1);
    EXPECT_EQ(it.at(500), "");
    EXPECT_FALSE(it.next);
}

TEST(PacedStart, ATrackFarAwayIsNotHeldBackForLong) {
    Start it(1);
    it.come(1, 0);
    it.come(0, 3'600'000);
    EXPECT_EQ(it.at(0), "1@0");
    EXPECT_EQ(it.asked(), 500);
    EXPECT_EQ(it.at(500), "0@3600000");
    Start late(1);
    late.come(1, 0);
    late.at(500);
    late.come(0, 3'600'000);
    late.at(510);
    for (int now = 520; now < 1010; now += 10) {
        late.come(1, now);
        EXPECT_EQ(late.at(now), "1@" + std::to_string(now));
    }
    EXPECT_EQ(late.at(1010), "0@3600000") << "although the sound has moved on";
}

}  // namespace
}  // namespace tidegate::endpoint
