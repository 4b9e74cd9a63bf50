#include "worker/health.hpp"

#include <gtest/gtest.h>

namespace tidegate::worker {
namespace {

using std::chrono::seconds;

struct HealthTest : testing::Test {
    HealthTest() {
        health.on_tracks({{media::H264Config{}}, {media::AacConfig{{0x12, 0x10}, 44100, 2}}});
    }
    // A second passes; what came in and went out in it.
    std::string second(std::vector<std::uint16_t> const& in, std::vector<std::uint16_t> const& out,
                       bool flowing = true) {
        now += seconds{1};
        media::Unit unit;
        unit.payload = base::SharedBytes::copy_of(base::Bytes{1});
        for (auto const track : in) {
            unit.track = track;
            statistics.count_in(unit, now);
        }
        for (auto const track : out) {
            unit.track = track;
            statistics.count_out(unit, track == 0 ? media::Kind::video : media::Kind::audio);
        }
        return health.look(statistics, flowing, now, delay);
    }
    std::string after(int count, std::vector<std::uint16_t> const& in,
                      std::vector<std::uint16_t> const& out, bool flowing = true) {
        std::string trouble;
        for (int i = 0; i < count; ++i) trouble = second(in, out, flowing);
        return trouble;
    }
    Health health;
    Statistics statistics;
    Health::Time now{std::chrono::hours{1}};
    seconds delay{0};
};

TEST_F(HealthTest, SoundWithoutAPictureIsToldAfterAWhileAndForgottenWithTheFirstPicture) {
    EXPECT_EQ(after(10, {1}, {1}), "");
    EXPECT_EQ(second({1}, {1}), "no picture comes in while sound does");
    EXPECT_EQ(second({0, 1}, {1}), "no picture goes out while sound does");
    EXPECT_EQ(second({0, 1}, {0, 1}), "");
}

TEST_F(HealthTest, APictureWithoutSoundIsTold) {
    EXPECT_EQ(after(5, {0, 1}, {0, 1}), "");
    EXPECT_EQ(after(9, {0}, {0}), "");
    EXPECT_EQ(second({0}, {0}), "no sound comes in while the picture does");
}

TEST_F(HealthTest, AStreamThatPausesAsAWholeIsNotItsMatter) {
    EXPECT_EQ(after(5, {0, 1}, {0, 1}), "");
    EXPECT_EQ(after(30, {}, {}), "");
    EXPECT_EQ(after(30, {1}, {1}, false), "") << "no input or no output: others tell";
    EXPECT_EQ(after(10, {1}, {1}), "") << "its time begins when both are there again";
    EXPECT_NE(second({1}, {1}), "");
}

TEST_F(HealthTest, AnOutputThatIsHeldBackIsMissedLaterByAsMuch) {
    delay = seconds{20};
    EXPECT_EQ(after(30, {0, 1}, {1}), "");
    EXPECT_EQ(second({0, 1}, {1}), "no picture goes out while sound does");
    EXPECT_EQ(after(11, {1}, {0, 1}), "no picture comes in while sound does");
}

TEST_F(HealthTest, OneTrackAloneIsWhole) {
    health.on_tracks({{media::H264Config{}}});
    EXPECT_EQ(after(30, {0}, {0}), "");
}

}  // namespace
}  // namespace tidegate::worker
