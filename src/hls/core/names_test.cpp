#include "hls/core/names.hpp"

#include <gtest/gtest.h>

namespace tidegate::hls {
namespace {

TEST(Names, AreThoseOfMediaMtx) {
    struct Case {
        char const* name;
        FileName file;
    };
    Case const cases[] = {
        {"index.m3u8", {}},
        {"video1_stream.m3u8", {FileKind::playlist, "", "video1"}},
        {"main_stream.m3u8", {FileKind::playlist, "", "main"}},
        {"0123456789ab_video1_init.mp4", {FileKind::init, "0123456789ab", "video1", 1}},
        {"0123456789ab_audio2_init3.mp4", {FileKind::init, "0123456789ab", "audio2", 3}},
        {"0123456789ab_video1_seg7.mp4", {FileKind::segment, "0123456789ab", "video1", 7}},
        {"0123456789ab_audio16_part0.mp4", {FileKind::part, "0123456789ab", "audio16", 0}},
        {"0123456789ab_main_seg0.ts", {FileKind::segment, "0123456789ab", "main", 0, true}},
        {"0123456789ab_subs1_seg0.vtt",
         {FileKind::segment, "0123456789ab", "subs1", 0, false, true}},
        {"ffffffffffff_video1_part18446744073709551615.mp4",
         {FileKind::part, "ffffffffffff", "video1", UINT64_MAX}},
    };
    for (auto const& c : cases) {
        EXPECT_EQ(parse_file_name(c.name), c.file) << c.name;
        EXPECT_EQ(file_name(c.file), c.name);
    }
}

// iOS cuts the last letter of some names.
TEST(Names, MayEndInMp) {
    EXPECT_EQ(parse_file_name("0123456789ab_video1_seg7.mp"),
              parse_file_name("0123456789ab_video1_seg7.mp4"));
}

TEST(Names, OthersAreNoFilesOfAMuxer) {
    char const* const names[] = {
        "",
        "gap.mp4",
        "Index.m3u8",
        "stream.m3u8",
        "_stream.m3u8",
        "../video1_stream.m3u8",
        "a/video1_stream.m3u8",
        "video1_stream.m3u8/",
        "VIDEO1_stream.m3u8",
        "video1%2fstream.m3u8",
        "video1234567890123456789_stream.m3u8",
        "0123456789ab_video1_seg7",
        "0123456789ab_video1_seg.mp4",
        "0123456789ab_video1_seg07.mp4",
        "0123456789ab_video1_seg-1.mp4",
        "0123456789ab_video1_seg+1.mp4",
        "0123456789ab_video1_seg 1.mp4",
        "0123456789ab_video1_seg1x.mp4",
        "0123456789ab_video1_seg18446744073709551616.mp4",
        "0123456789ab_video1_init0.mp4",
        "0123456789ab_video1_init1.mp4",
        "0123456789ab_video1_init.ts",
        "0123456789ab_video1_part1.ts",
        "0123456789ab__seg1.mp4",
        "0123456789ab_seg1.mp4",
        "0123456789ab_../../x_seg1.mp4",
        "0123456789AB_video1_seg1.mp4",
        "0123456789a_video1_seg1.mp4",
        "0123456789abc_video1_seg1.mp4",
        "0123456789ab",
        "0123456789ab_.mp4",
        "video1_seg1.mp4",
    };
    for (auto const* name : names) EXPECT_FALSE(parse_file_name(name)) << name;
    EXPECT_FALSE(parse_file_name(std::string_view("video1\0_stream.m3u8", 19)));
}

}  // namespace
}  // namespace tidegate::hls
