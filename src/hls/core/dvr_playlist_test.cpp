#include "hls/core/dvr_playlist.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tidegate::hls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kFile = 1'767'348'000'250'000;  // 2026-01-02T10:00:00.25Z

// number: of the segment, each of four seconds.
DvrSegment segment(std::uint32_t number, std::int64_t file = kFile) {
    return {.file = file,
            .number = number,
            .origin = 10'000'000,
            .duration = seconds{4},
            .begin = WallTime(std::chrono::microseconds(file) + seconds{4} * number),
            .goes_on = number > 0,
            .init = file};
}

std::string text(DvrPlaylist const& list, std::string_view query = {}) {
    return std::string(base::as_text(render(list).with_query(query).view()));
}

TEST(DvrPlaylist, IsAnEventThatGrows) {
    DvrPlaylist list{
        .segments = {segment(3), segment(4)}, .tracks = {true, 1}, .start = milliseconds{1500}};
    list.segments[1].duration = milliseconds{5200};
    std::string const expected =
        "#EXTM3U\n"
        "#EXT-X-VERSION:8\n"
        "#EXT-X-TARGETDURATION:6\n"
        "#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXT-X-PLAYLIST-TYPE:EVENT\n"
        "#EXT-X-START:TIME-OFFSET=1.50000,PRECISE=YES\n"
        "#EXT-X-MAP:URI=\"dvr_1767348000250000_init_va1.mp4?token=x\"\n"
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-02T10:00:12.250Z\n"
        "#EXTINF:4.00000,\n"
        "dvr_1767348000250000_3_10000000_va1.mp4?token=x\n"
        "#EXTINF:5.20000,\n"
        "dvr_1767348000250000_4_10000000_va1.mp4?token=x\n";
    EXPECT_EQ(text(list, "token=x"), expected);
    list.segments.push_back(segment(5));
    auto const grown = text(list, "token=x");
    EXPECT_EQ(grown,
              expected + "#EXTINF:4.00000,\ndvr_1767348000250000_5_10000000_va1.mp4?token=x\n");
    list.ended = true;
    EXPECT_EQ(text(list, "token=x"), grown + "#EXT-X-ENDLIST\n");
}

TEST(DvrPlaylist, TellsGapsOtherCodecsAndFiles) {
    auto const later = kFile + 8'000'000;
    auto const gap = kFile + 20'000'000;
    auto const other = kFile + 24'000'000;
    DvrPlaylist list{
        .segments = {segment(0), segment(0, later), segment(0, gap), segment(0, other)},
        .tracks = {true, 0},
        .ended = true};
    list.segments[1].goes_on = true;
    list.segments[1].init = kFile;
    list.segments[2].init = kFile;
    EXPECT_EQ(text(list),
              "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:0\n"
              "#EXT-X-PLAYLIST-TYPE:EVENT\n"
              "#EXT-X-MAP:URI=\"dvr_1767348000250000_init_v.mp4\"\n"
              "#EXT-X-PROGRAM-DATE-TIME:2026-01-02T10:00:00.250Z\n"
              "#EXTINF:4.00000,\ndvr_1767348000250000_0_10000000_v.mp4\n"
              "#EXT-X-PROGRAM-DATE-TIME:2026-01-02T10:00:08.250Z\n"
              "#EXTINF:4.00000,\ndvr_1767348008250000_0_10000000_v.mp4\n"
              "#EXT-X-DISCONTINUITY\n"
              "#EXT-X-PROGRAM-DATE-TIME:2026-01-02T10:00:20.250Z\n"
              "#EXTINF:4.00000,\ndvr_1767348020250000_0_10000000_v.mp4\n"
              "#EXT-X-DISCONTINUITY\n"
              "#EXT-X-MAP:URI=\"dvr_1767348024250000_init_v.mp4\"\n"
              "#EXT-X-PROGRAM-DATE-TIME:2026-01-02T10:00:24.250Z\n"
              "#EXTINF:4.00000,\ndvr_1767348024250000_0_10000000_v.mp4\n"
              "#EXT-X-ENDLIST\n");
}

TEST(DvrPlaylist, WhereItsTracksAreMissingThereIsAGap) {
    DvrPlaylist list{.segments = {segment(0)}, .tracks = {false, 1}};
    list.segments[0].init.reset();
    EXPECT_THAT(text(list), testing::HasSubstr("#EXT-X-GAP\n#EXTINF:4.00000,\ngap.mp4\n"));
    EXPECT_THAT(text(list), testing::Not(testing::HasSubstr("EXT-X-MAP")));
}

TEST(DvrPlaylist, TheTargetIsNotLessThanTheLongestSegment) {
    DvrPlaylist list{.segments = {segment(0), segment(1)}, .tracks = {true, 0}};
    list.segments[1].duration = milliseconds{10'499};
    EXPECT_THAT(text(list), testing::HasSubstr("#EXT-X-TARGETDURATION:10\n"));
    list.segments[1].duration = milliseconds{10'500};
    EXPECT_THAT(text(list), testing::HasSubstr("#EXT-X-TARGETDURATION:11\n"));
}

}  // namespace
}  // namespace tidegate::hls
