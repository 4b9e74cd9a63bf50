#include "worker/paced_start.hpp"

#include <gtest/gtest.h>

#include "worker/test_peers.hpp"

namespace tidegate::worker {
namespace {

using test::milliseconds;
using test::unit;

struct Start {
    explicit Start(std::size_t tracks) : start(tracks, {}) {}

    // What leaves at this time: "0@80" is the unit of track 0 with pts 80.
    std::string at(milliseconds now) {
        std::vector<media::Unit> out;
        next = start.step(waiting, PacedStart::Time{now}, out);
        std::string text;
        for (auto const& one : out) {
            text += (text.empty() ? "" : " ") + std::to_string(one.track) + "@" +
                    std::to_string(one.pts / milliseconds{1});
        }
        return text;
    }
    milliseconds asked() const {
        return std::chrono::duration_cast<milliseconds>(next->time_since_epoch());
    }

    PacedStart start;
    std::vector<media::Unit> waiting;
    std::optional<PacedStart::Time> next;
};

TEST(PacedStart, FirstUnitsLeaveAsFarApartAsTheyArePlayed) {
    Start it(2);
    it.waiting = {unit(0, milliseconds{1080}, 1), unit(0, milliseconds{1033}, 2, false),
                  unit(1, milliseconds{1000}, 3), unit(1, milliseconds{1021}, 4)};
    EXPECT_EQ(it.at(milliseconds{10}), "1@1000") << "the sound is played first";
    EXPECT_EQ(it.asked(), milliseconds{90});
    EXPECT_EQ(it.at(milliseconds{50}), "") << "other units ask, too";
    EXPECT_EQ(it.at(milliseconds{91}), "0@1080");
    EXPECT_FALSE(it.next) << "over";
    EXPECT_EQ(it.waiting.size(), 2U) << "the rest, in its order";
    EXPECT_EQ(it.waiting[0].pts, milliseconds{1033});
}

TEST(PacedStart, AllTracksAreWaitedForButNotForEver) {
    Start it(3);
    it.waiting = {unit(0, milliseconds{0}, 1)};
    EXPECT_EQ(it.at(milliseconds{1}), "");
    EXPECT_EQ(it.asked(), kStartWait);
    it.waiting.push_back(unit(2, milliseconds{0}, 1));
    EXPECT_EQ(it.at(kStartWait), "0@0 2@0");
    EXPECT_FALSE(it.next);
}

TEST(PacedStart, WithoutAnyUnitItEndsAsWell) {
    Start it(1);
    EXPECT_EQ(it.at(kStartWait), "");
    EXPECT_FALSE(it.next);
}

TEST(PacedStart, ATrackFarAwayIsNotHeldBackForLong) {
    Start it(2);
    it.waiting = {unit(0, milliseconds{0}, 1), unit(1, std::chrono::hours{1}, 1)};
    EXPECT_EQ(it.at(milliseconds{0}), "0@0");
    EXPECT_EQ(it.asked(), kMostApart);
}

}  // namespace
}  // namespace tidegate::worker
