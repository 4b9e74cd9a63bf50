#include "hls/core/playlist.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tidegate::hls {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

std::string seconds_text(base::Timestamp duration) {
    PlaylistWriter writer;
    writer.seconds(duration);
    return std::string(base::as_text(std::move(writer).finish().text().view()));
}

TEST(Playlist, DurationsHaveFiveDecimals) {
    EXPECT_EQ(seconds_text(seconds(0)), "0.00000");
    EXPECT_EQ(seconds_text(seconds(1)), "1.00000");
    EXPECT_EQ(seconds_text(microseconds(200'000)), "0.20000");
    EXPECT_EQ(seconds_text(microseconds(33'333)), "0.03333");
    EXPECT_EQ(seconds_text(nanoseconds(33'335'000)), "0.03334");
    EXPECT_EQ(seconds_text(nanoseconds(999'999'999)), "1.00000");
    EXPECT_EQ(seconds_text(seconds(3600) + microseconds(10)), "3600.00001");
}

TEST(Playlist, AQueryStandsBehindEachUri) {
    PlaylistWriter writer;
    writer.text("#A:URI=\"").uri("a.mp4").text("\"\n").uri("b.mp4").text("\ngap.mp4\n");
    auto const playlist = std::move(writer).finish();
    EXPECT_EQ(base::as_text(playlist.with_query("x=1").view()),
              "#A:URI=\"a.mp4?x=1\"\nb.mp4?x=1\ngap.mp4\n");
    // Without one, all share the text.
    EXPECT_EQ(playlist.with_query("").data(), playlist.text().data());
    EXPECT_EQ(base::as_text(playlist.text().view()), "#A:URI=\"a.mp4\"\nb.mp4\ngap.mp4\n");
}

TEST(Playlist, MayBeEmptyOrLong) {
    EXPECT_EQ(Playlist().with_query("x").size(), 0U);
    PlaylistWriter writer;
    for (int i = 0; i < 1000; ++i) writer.uri("segment.mp4").text("\n");
    EXPECT_EQ(std::move(writer).finish().with_query("x").size(), 1000 * 14U);
}

}  // namespace
}  // namespace tidegate::hls
