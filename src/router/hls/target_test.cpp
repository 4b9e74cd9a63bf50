#include "router/hls/target.hpp"

#include <gtest/gtest.h>

namespace tidegate::router {
namespace {

struct TargetRow {
    std::string_view url_path;
    HlsTargetKind kind;
    std::string_view path, file;
};

class HlsTargets : public testing::TestWithParam<TargetRow> {};

TEST_P(HlsTargets, AreToldByTheirPath) {
    auto const& row = GetParam();
    auto const target = hls_target_of(row.url_path);
    EXPECT_EQ(target.kind, row.kind);
    EXPECT_EQ(target.path, row.path);
    EXPECT_EQ(target.file, row.file);
}

using enum HlsTargetKind;
INSTANTIATE_TEST_SUITE_P(
    Rows, HlsTargets,
    testing::Values(TargetRow{"/live/a/in/index.m3u8", index, "live/a/in", "index.m3u8"},
                    TargetRow{"/live/a/in/video1_stream.m3u8", file, "live/a/in",
                              "video1_stream.m3u8"},
                    TargetRow{"/a/x_part1.mp", file, "a", "x_part1.mp"},
                    TargetRow{"/a/x_seg1.ts", file, "a", "x_seg1.ts"},
                    TargetRow{"/a/live.mp4", file, "a", "live.mp4"},
                    TargetRow{"/index.m3u8", index, ".", "index.m3u8"},
                    TargetRow{"/a/", page, "a", ""}, TargetRow{"/a/b/", page, "a/b", ""},
                    TargetRow{"/a", no_slash, "a", ""}, TargetRow{"//", page, "", ""},
                    TargetRow{"/../../etc/passwd", no_slash, "../../etc/passwd", ""},
                    TargetRow{"/", nothing, "", ""}, TargetRow{"*", nothing, "", ""},
                    TargetRow{"", nothing, "", ""}, TargetRow{"/favicon.ico", nothing, "", ""},
                    TargetRow{"/a/hls.min.js", nothing, "", ""},
                    TargetRow{"/a/hls.min.js.map", nothing, "", ""}));

TEST(HlsPageLocation, StaysOnThisServer) {
    EXPECT_EQ(hls_page_location("/live/a/in", ""), "/live/a/in/");
    EXPECT_EQ(hls_page_location("/a", "x=1&y=2"), "/a/?x=1&y=2");
    EXPECT_EQ(hls_page_location("//evil.example", ""), "/evil.example/");
    EXPECT_EQ(hls_page_location("/\\evil.example", ""), "/evil.example/");
    EXPECT_EQ(hls_page_location("/./..//\\/evil.example", ""), "/evil.example/");
    EXPECT_EQ(hls_page_location("/a/../../b", ""), "/b/");
    EXPECT_EQ(hls_page_location("/a b\r\nX: y", ""), "/a%20b%0D%0AX:%20y/");
}

}  // namespace
}  // namespace tidegate::router
