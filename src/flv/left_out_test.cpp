#include "flv/left_out.hpp"

#include <gtest/gtest.h>

namespace tidegate::flv {
namespace {

using media::Kind;

TEST(LeftOut, NamesEachTrackOnce) {
    LeftOut left_out;
    EXPECT_TRUE(left_out.empty());
    EXPECT_EQ(left_out.note("AV1", Kind::video, 0, LeftOutReason::unsupported),
              "AV1 video (not supported)");
    EXPECT_EQ(left_out.note("AV1", Kind::video, 0, LeftOutReason::unsupported), std::nullopt);
    EXPECT_EQ(left_out.note("AAC", Kind::audio, 2, LeftOutReason::unconfigured),
              "AAC audio track 2 (without a configuration so far)");
    EXPECT_EQ(left_out.text(),
              "AV1 video (not supported), AAC audio track 2 (without a configuration so far)");
}

TEST(LeftOut, HasAReasonForEachKindOfTrack) {
    LeftOut left_out;
    EXPECT_EQ(left_out.note("AAC", Kind::audio, 20, LeftOutReason::too_many),
              "AAC audio track 20 (too many tracks)");
    EXPECT_EQ(left_out.note("Opus", Kind::audio, 1, LeftOutReason::other_codec),
              "Opus audio track 1 (not the codec of its track)");
}

TEST(LeftOut, EndsAtSoManyNames) {
    LeftOut left_out;
    std::size_t named = 0;
    for (int i = 0; i < 256; ++i) {
        auto const id = static_cast<std::uint8_t>(i);
        named += left_out.note("AAC", Kind::audio, id, LeftOutReason::too_many) ? 1U : 0U;
    }
    EXPECT_EQ(named, media::kMaxTracks);
}

}  // namespace
}  // namespace tidegate::flv
