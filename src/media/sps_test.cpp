#include <gtest/gtest.h>

#include "media/sps.hpp"
#include "media/test_samples.hpp"

namespace tidegate::media {
namespace {

using test::BitWriter;
using test::hex;

TEST(H264Sps, TellsSizeProfileLevelAndRate) {
    struct Case {
        char const* sps;
        std::uint32_t width, height;
        char const* profile;
        char const* level;
        double fps;
        unsigned chroma, depth;
    };
    Case const cases[] = {
        {"6764001facd9405005bb0110000003001000000303c0f1831960", 1280, 720, "High", "3.1", 30, 1,
         8},
        {"674d401eeca05017fcb808800000030080000019078b16cb", 640, 360, "Main", "3", 25, 1, 8},
        {"676e002aa6cd940780227e5c0440000003004000001e03c60c6580", 1920, 1080, "High 10", "4.2", 60,
         1, 10},
        {"677a000cbcd94141fb0110000003001000000301e0f1429960", 320, 240, "High 4:2:2", "1.2", 15, 2,
         8},
        {"67f4000d919b282a10f1f1f80880000003008000001e078a14cb", 322, 242, "High 4:4:4 Predictive",
         "1.3", 30, 3, 8},
        {"6764001eacd940a07b6022000003000200000300643e28532c", 640, 480, "High", "3", 25, 1,
         8},  // fields
        {"6742c028da01e0089f970110000003001000000303c8f1832a", 1920, 1080, "Baseline", "4", 30, 1,
         8},
    };
    for (auto const& c : cases) {
        auto const format = parse_h264_sps(hex(c.sps));
        ASSERT_TRUE(format) << c.sps << ": " << format.error().message;
        EXPECT_EQ(format->width, c.width) << c.sps;
        EXPECT_EQ(format->height, c.height) << c.sps;
        EXPECT_EQ(format->profile, c.profile) << c.sps;
        EXPECT_EQ(format->level, c.level) << c.sps;
        EXPECT_DOUBLE_EQ(format->fps, c.fps) << c.sps;
        EXPECT_EQ(format->chroma_format, c.chroma) << c.sps;
        EXPECT_EQ(format->bit_depth_luma, c.depth) << c.sps;
    }
}

TEST(H264Sps, NamesUnnamedProfilesByNumber) {
    auto sps = test::first_set(test::h264_main_360p().sets, NalRole::sps);
    sps[1] = 88;
    EXPECT_EQ(parse_h264_sps(sps)->profile, "Extended");
    sps[1] = 65;
    EXPECT_EQ(parse_h264_sps(sps)->profile, "65");
}

TEST(H264Sps, EveryCutEitherFailsOrLacksOnlyTheRate) {
    auto const whole = test::first_set(test::h264_720p().sets, NalRole::sps);
    auto const expected = parse_h264_sps(whole);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        auto const format = parse_h264_sps(base::ByteView(whole).first(size));
        if (!format) continue;
        EXPECT_GE(size, 9U) << "the size field ends there";
        EXPECT_EQ(format->width, expected->width);
        EXPECT_EQ(format->height, expected->height);
    }
}

TEST(H264Sps, HostileOnesAreRefusedWithAReason) {
    struct Case {
        char const* name;
        base::Bytes sps;
        char const* error;
    };
    // Baseline, level 3: ids and counts as exp-Golomb 0 ("1"), then the sizes.
    Case const cases[] = {
        {"empty", {}, "invalid SPS: not an SPS"},
        {"a PPS", hex("68ebe3cb22c0"), "invalid SPS: not an SPS"},
        {"header only", hex("67"), "invalid SPS: too short or out of range"},
        {"32 zero bits and more", hex("6742001e00000000000000000000"),
         "invalid SPS: too short or out of range"},
        {"one byte for ever", base::Bytes(64, 0x67), "invalid SPS: impossible picture size"},
        {"too big", base::Bytes(5000, 0x67), "invalid SPS: too big"},
    };
    for (auto const& c : cases) {
        auto const format = parse_h264_sps(c.sps);
        ASSERT_FALSE(format) << c.name;
        EXPECT_EQ(format.error().message, c.error) << c.name;
    }
}

// A Baseline SPS around the bits that follow its level.
base::Bytes sps_of(BitWriter const& fields) {
    auto out = hex("6742001e");
    out.insert(out.end(), fields.bytes().begin(), fields.bytes().end());
    return out;
}

BitWriter sized(std::uint64_t width_units, std::uint64_t height_units) {
    BitWriter writer;
    writer.ue(0)
        .ue(0)
        .ue(2)
        .ue(1)
        .bits(0, 1)
        .ue(width_units - 1)
        .ue(height_units - 1)
        .bits(0b11, 2);
    return writer;
}

TEST(H264Sps, ImpossibleSizesAreRefused) {
    EXPECT_EQ(parse_h264_sps(sps_of(sized(4, 4).bits(0, 2).bits(1, 1)))->width, 64U);
    for (auto const units : {std::uint64_t{1} << 27, std::uint64_t{1} << 31, std::uint64_t{1025}}) {
        auto const format = parse_h264_sps(sps_of(sized(units, 4).bits(0, 2).bits(1, 9)));
        ASSERT_FALSE(format) << units;
        EXPECT_EQ(format.error().message, "invalid SPS: impossible picture size");
    }
    auto const cropped_away = sps_of(sized(4, 4).bits(1, 1).ue(16).ue(16).ue(0).ue(0).bits(0, 16));
    EXPECT_EQ(parse_h264_sps(cropped_away).error().message, "invalid SPS: impossible picture size");
    auto const far_away =
        sps_of(sized(4, 4).bits(1, 1).ue(0xfffffffe).ue(0xfffffffe).ue(0).ue(0).bits(0, 16));
    EXPECT_EQ(parse_h264_sps(far_away).error().message, "invalid SPS: impossible picture size");
}

TEST(H264Sps, ATimeScaleOfZeroIsAnUnknownRate) {
    for (auto const& [ticks, scale] : {std::pair{0ULL, 50ULL}, {1ULL, 0ULL}, {0ULL, 0ULL}}) {
        auto writer = sized(4, 4);
        writer.bits(0, 1).bits(1, 1).bits(0, 4).bits(1, 1).bits(ticks, 32).bits(scale, 32).bits(0,
                                                                                                8);
        auto const format = parse_h264_sps(sps_of(writer));
        ASSERT_TRUE(format);
        EXPECT_EQ(format->fps, 0);
    }
}

TEST(H264Sps, LongPictureOrderCyclesAreBounded) {
    BitWriter legal;
    legal.ue(0).ue(0).ue(1).bits(0, 1).ue(0).ue(0).ue(3).ue(1).ue(2).ue(3).ue(1).bits(0, 1);
    legal.ue(3).ue(3).bits(0b11, 2).bits(0, 2).bits(1, 1);
    EXPECT_EQ(parse_h264_sps(sps_of(legal))->height, 64U);
    BitWriter endless;
    endless.ue(0).ue(0).ue(1).bits(0, 1).ue(0).ue(0).ue(0xfffffffe).bits(~0ULL, 64);
    EXPECT_FALSE(parse_h264_sps(sps_of(endless)));
}

TEST(H265Sps, TellsSizeProfileAndLevel) {
    auto const full_hd = parse_h265_sps(test::first_set(test::h265_1080p().sets, NalRole::sps));
    ASSERT_TRUE(full_hd) << full_hd.error().message;
    EXPECT_EQ(full_hd->format.width, 1920U);
    EXPECT_EQ(full_hd->format.height, 1080U);
    EXPECT_EQ(full_hd->format.profile, "Main");
    EXPECT_EQ(full_hd->format.level, "4");
    EXPECT_EQ(full_hd->temporal_layers, 1);
    EXPECT_TRUE(full_hd->temporal_id_nested);
    EXPECT_EQ(full_hd->general_profile_tier_level[11], 120);

    auto const main10 =
        parse_h265_sps(test::first_set(test::h265_main10_362p().sets, NalRole::sps));
    ASSERT_TRUE(main10);
    EXPECT_EQ(main10->format.width, 642U);
    EXPECT_EQ(main10->format.height, 362U);
    EXPECT_EQ(main10->format.profile, "Main 10");
    EXPECT_EQ(main10->format.level, "2.1");
    EXPECT_EQ(main10->format.bit_depth_luma, 10);
}

TEST(H265Sps, EveryCutFailsUntilTheBitDepthsAreThere) {
    auto const whole = test::first_set(test::h265_1080p().sets, NalRole::sps);
    for (std::size_t size = 0; size < 29; ++size) {
        auto const sps = parse_h265_sps(base::ByteView(whole).first(size));
        if (sps) {
            EXPECT_EQ(sps->format.height, 1080U) << size;
        }
        EXPECT_FALSE(size < 25 && sps) << size;
    }
}

TEST(H265Sps, HostileOnesAreRefused) {
    EXPECT_FALSE(parse_h265_sps(test::first_set(test::h265_1080p().sets, NalRole::pps)));
    EXPECT_FALSE(parse_h265_sps(base::Bytes(5000, 0x42)));
    auto layers = test::first_set(test::h265_1080p().sets, NalRole::sps);
    layers[2] = 0x0f;  // eight sub-layers
    EXPECT_EQ(parse_h265_sps(layers).error().message, "invalid SPS: too many sub-layers");
    auto zeros = hex("42010101600000");
    zeros.resize(64);
    EXPECT_FALSE(parse_h265_sps(zeros));
}

TEST(VideoFormat, IsThereForVideoWithAReadableSps) {
    EXPECT_EQ(video_format({test::h264_720p()})->height, 720U);
    EXPECT_EQ(video_format({test::h265_1080p()})->height, 1080U);
    EXPECT_FALSE(video_format({H264Config{}}));
    EXPECT_FALSE(video_format({test::aac_stereo_44100()}));
}

TEST(H264Sps, TellsHowManyPicturesAreReordered) {
    struct Case {
        char const* name;
        char const* sps;
        std::optional<std::uint8_t> depth;
    };
    Case const cases[] = {
        // Written by x264 through ffmpeg.
        {"high, 3 B pictures", "6764000dacd94141fb011000000300100000030320f1429960", 2},
        {"high, no B pictures", "6764000dacb20283f60220000003002000000641e28549", 0},
        {"main", "674d401eeca05017fcb808800000030080000019078b16cb", 2},
        {"high, fields", "6764001eacd940a07b6022000003000200000300643e28532c", 2},
        // Baseline has no B pictures, whatever its VUI says or leaves out.
        {"baseline", "6742c028da01e0089f970110000003001000000303c8f1832a", 0},
        {"VUI is cut off", "6764000dacd94141fb0110000003001000000303", std::nullopt},
    };
    for (auto const& c : cases) {
        auto const format = parse_h264_sps(hex(c.sps));
        ASSERT_TRUE(format) << c.name;
        EXPECT_EQ(format->reorder_depth, c.depth) << c.name;
    }
}

// An SPS of the Main profile from its VUI on.
base::Bytes with_vui(BitWriter const& vui, std::uint64_t pic_order_cnt_type = 2) {
    BitWriter fields;
    fields.ue(0).ue(0).ue(pic_order_cnt_type);
    if (pic_order_cnt_type == 0) fields.ue(0);
    fields.ue(1).bits(0, 1).ue(39).ue(29).bits(0b11, 2).bits(0, 1);
    auto out = hex("674d001e");
    auto bits = fields;
    auto const at = vui.bytes();
    bits.bits(1, 1);  // vui_parameters_present
    for (auto const byte : at) bits.bits(byte, 8);
    out.insert(out.end(), bits.bytes().begin(), bits.bytes().end());
    return out;
}

// nal_hrd and vcl_hrd: how many entries each has; 0: it is absent.
BitWriter vui_with_hrd(std::uint64_t nal_hrd, std::uint64_t vcl_hrd, std::uint64_t depth) {
    BitWriter vui;
    vui.bits(0, 5);  // no aspect ratio, overscan, video signal, chroma location, timing
    for (auto const count : {nal_hrd, vcl_hrd}) {
        vui.bits(count == 0 ? 0 : 1, 1);
        if (count == 0) continue;
        vui.ue(count - 1).bits(0, 8);
        for (std::uint64_t i = 0; i < count && i < 64; ++i) vui.ue(1000).ue(2000).bits(1, 1);
        vui.bits(0, 20);
    }
    if (nal_hrd + vcl_hrd > 0) vui.bits(0, 1);
    vui.bits(0, 1).bits(1, 1).bits(1, 1).ue(0).ue(0).ue(10).ue(10).ue(depth).ue(16);
    return vui;
}

TEST(H264Sps, TheReorderDepthStandsBehindTheHrdParameters) {
    struct Case {
        std::uint64_t nal_hrd, vcl_hrd, depth, order_type;
        std::optional<std::uint8_t> expected;
    };
    Case const cases[] = {
        {0, 0, 3, 0, 3},
        {1, 0, 3, 0, 3},
        {0, 2, 4, 0, 4},
        {32, 32, 16, 0, 16},
        {33, 0, 3, 0, std::nullopt},  // more entries than the syntax allows
        {0, 0, 17, 0, std::nullopt},  // deeper than any decoder is
        {0, 0, 3, 2, 0},              // with this order type nothing is reordered
    };
    for (auto const& c : cases) {
        auto const sps = with_vui(vui_with_hrd(c.nal_hrd, c.vcl_hrd, c.depth), c.order_type);
        auto const format = parse_h264_sps(sps);
        ASSERT_TRUE(format) << format.error().message;
        EXPECT_EQ(format->width, 640U);
        EXPECT_EQ(format->reorder_depth, c.expected) << c.nal_hrd << " " << c.vcl_hrd;
    }
}

TEST(H265Sps, TellsHowManyPicturesAreReordered) {
    struct Case {
        char const* name;
        base::Bytes sps;
        std::optional<std::uint8_t> depth;
    };
    auto const with_b =
        hex("42010101600000030090000003000003003ca00a080f165959a4932bc05a020000030002000003003210");
    Case const cases[] = {
        {"x265", with_b, 2},
        {"cut behind the bit depths", base::Bytes(with_b.begin(), with_b.begin() + 23),
         std::nullopt},
        {"1080p", test::first_set(test::h265_1080p().sets, NalRole::sps), 2},
    };
    for (auto const& c : cases) {
        auto const sps = parse_h265_sps(c.sps);
        ASSERT_TRUE(sps) << c.name << ": " << sps.error().message;
        EXPECT_EQ(sps->format.reorder_depth, c.depth) << c.name;
    }
}

TEST(VideoFormat, OfATrackIsThatOfItsSps) {
    EXPECT_EQ(video_format({test::h264_720p()})->width, 1280U);
    EXPECT_EQ(video_format({test::h265_1080p()})->width, 1920U);
    EXPECT_EQ(video_format({H264Config{}}), std::nullopt);
    EXPECT_EQ(video_format({H264Config{hex("67640028ac"), {}}}), std::nullopt);
    EXPECT_EQ(video_format({OpusConfig{}}), std::nullopt);
}

}  // namespace
}  // namespace tidegate::media
