#include "hls/core/dvr_names.hpp"

#include <gtest/gtest.h>

namespace tidegate::hls {
namespace {

TEST(DvrNames, AreReadAsTheyAreWritten) {
    for (auto const& name :
         {DvrName{DvrKind::playlist, 1'767'348'000'250'000, 0, 0, {true, 1}},
          DvrName{DvrKind::segment, 0, 21'600, 0, {true, 0}},
          DvrName{
              DvrKind::segment, 9'999'999'999'999'999, 999'999, 9'999'999'999'999'999, {false, 16}},
          DvrName{DvrKind::init, 1, 0, 0, {false, 1}}}) {
        EXPECT_EQ(parse_dvr_name(dvr_name(name)), name) << dvr_name(name);
    }
    EXPECT_EQ(dvr_name({DvrKind::playlist, 17, 2, 3, {true, 1}}), "dvr_17_2_va1_stream.m3u8");
    EXPECT_EQ(dvr_name({DvrKind::segment, 17, 2, 3, {true, 0}}), "dvr_17_2_3_v.mp4");
    EXPECT_EQ(dvr_name({DvrKind::init, 17, 2, 3, {false, 3}}), "dvr_17_init_a3.mp4");
}

TEST(DvrNames, OthersAreNone) {
    for (auto const* const name : {"",
                                   "dvr_",
                                   "dvr_1",
                                   "dvr_1_",
                                   "dvr_1_2",
                                   "dvr_1_2_3_",
                                   "dvr_1_2_3_.mp4",
                                   "dvr_1_2_3_v",
                                   "dvr_1_2_3_v.ts",
                                   "dvr_1_2_3_v.mp4x",
                                   "dvr_1_2_3_v.MP4",
                                   "xdvr_1_2_3_v.mp4",
                                   "dvr_-1_2_3_v.mp4",
                                   "dvr_1_-2_3_v.mp4",
                                   "dvr_+1_2_3_v.mp4",
                                   "dvr_01_2_3_v.mp4",
                                   "dvr_1_02_3_v.mp4",
                                   "dvr_12345678901234567_2_3_v.mp4",
                                   "dvr_1_1234567_3_v.mp4",
                                   "dvr_1_2_3_a.mp4",
                                   "dvr_1_2_3_a0.mp4",
                                   "dvr_1_2_3_a17.mp4",
                                   "dvr_1_2_3_a01.mp4",
                                   "dvr_1_2_3_vv.mp4",
                                   "dvr_1_2_3_a1v.mp4",
                                   "dvr_1_2_va1_stream.m3u8 ",
                                   "dvr_1_2_3_va1_stream.m3u8",
                                   "dvr_1_2_v.mp4",
                                   "dvr_1_init_3_v.mp4",
                                   "dvr_1_2_03_v.mp4",
                                   "dvr_1_2_-3_v.mp4",
                                   "dvr_1_2_12345678901234567_v.mp4",
                                   "dvr_1_init_v_stream.m3u8",
                                   "dvr_1_init.mp4",
                                   "dvr_../x_2_3_v.mp4",
                                   "dvr_1_2_3_v/../x.mp4",
                                   "dvr_1_2_3_v\n.mp4",
                                   "dvr_1_2_va1_stream.mp4"}) {
        EXPECT_FALSE(parse_dvr_name(name)) << name;
    }
    EXPECT_FALSE(parse_dvr_name(std::string_view("dvr_1_2_3_v.mp4\0", 16)));
}

}  // namespace
}  // namespace tidegate::hls
