#include "forwarder/fresh_start.hpp"

#include <gtest/gtest.h>

#include "endpoint/test_peers.hpp"

namespace tidegate::forwarder {
namespace {

using endpoint::test::av_tracks;
using endpoint::test::unit;
using std::chrono::milliseconds;

TEST(FreshStart, BeginsWithTheNewestKeyFrameNearZero) {
    FreshStart fresh;
    fresh.on_tracks(av_tracks());
    fresh.keep(unit(1, milliseconds{900}, 0));
    fresh.keep(unit(0, milliseconds{1000}, 1, false));
    EXPECT_TRUE(fresh.begin().empty()) << "no key frame";
    fresh.keep(unit(0, milliseconds{2000}, 2, true));
    fresh.keep(unit(0, milliseconds{2033}, 3, false));
    fresh.keep(unit(0, milliseconds{3'600'000}, 4, true));
    fresh.keep(unit(1, milliseconds{3'599'990}, 5));
    fresh.keep(unit(0, milliseconds{3'600'033}, 6, false));
    auto const units = fresh.begin();
    ASSERT_EQ(units.size(), 3U);
    EXPECT_TRUE(units[0].keyframe);
    EXPECT_EQ(units[0].dts, milliseconds{110});
    EXPECT_EQ(units[1].dts, milliseconds{100}) << "the oldest is 100 ms after 0";
    EXPECT_EQ(units[2].dts, milliseconds{143});
    EXPECT_EQ(fresh.shifted(unit(0, milliseconds{3'600'066}, 7)).pts, milliseconds{176});
    EXPECT_TRUE(fresh.begin().empty()) << "taken";
}

TEST(FreshStart, OfSoundAloneBeginsAtOnce) {
    FreshStart fresh;
    fresh.on_tracks({av_tracks()[1]});
    fresh.keep(unit(0, milliseconds{500}, 1));
    fresh.keep(unit(0, milliseconds{523}, 2));
    EXPECT_EQ(fresh.begin().size(), 1U);
}

TEST(FreshStart, GivesUpAGroupThatIsTooLong) {
    FreshStart fresh;
    fresh.on_tracks(av_tracks());
    fresh.keep(unit(0, milliseconds{0}, 1, true));
    for (std::size_t i = 1; i <= kMostKeptUnits; ++i) {
        fresh.keep(unit(0, milliseconds{static_cast<std::int64_t>(i)}, 2, false));
    }
    EXPECT_TRUE(fresh.begin().empty());
    fresh.keep(unit(0, milliseconds{90'000}, 3, true));
    EXPECT_EQ(fresh.begin().size(), 1U);
}

}  // namespace
}  // namespace tidegate::forwarder
