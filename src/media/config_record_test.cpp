#include <gtest/gtest.h>

#include "media/avc_config.hpp"
#include "media/h264_sps.hpp"
#include "media/hevc_config.hpp"
#include "media/test_samples.hpp"

namespace tidegate::media {
namespace {

using test::hex;

constexpr char kAvc360p[] =
    "014d401effe10018674d401eeca05017fcb808800000030080000019078b16cb01000568ebe3cb20";

TEST(AvcConfig, GoldenBytesAreReadAndWritten) {
    EXPECT_EQ(write_avc_config(test::h264_main_360p()), hex(kAvc360p));
    EXPECT_EQ(parse_avc_config(hex(kAvc360p)), test::h264_main_360p());
}

TEST(AvcConfig, HighProfileCarriesItsChromaFields) {
    auto const record = write_avc_config(test::h264_720p());
    ASSERT_GT(record.size(), 4U);
    EXPECT_EQ(base::Bytes(record.end() - 4, record.end()), hex("fdf8f800"));
    EXPECT_EQ(parse_avc_config(record), test::h264_720p());
}

TEST(AvcConfig, EveryCutIsRefused) {
    auto const whole = hex(kAvc360p);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(parse_avc_config(base::ByteView(whole).first(size))) << size;
    }
}

TEST(AvcConfig, WrongOnesAreRefusedWithAReason) {
    struct Case {
        char const* record;
        char const* error;
    };
    Case const cases[] = {
        {"", "invalid AVC configuration: too short"},
        {"004d401effe1", "invalid AVC configuration: version 0"},
        {"014d401efee1", "invalid AVC configuration: unsupported length size 3"},
        {"014d401efce1", "invalid AVC configuration: unsupported length size 1"},
        {"014d401effff0005", "invalid AVC configuration: invalid length"},
        {"014d401effe000", "invalid AVC configuration: no SPS"},
        {"014d401effe10004674d401e00", "invalid AVC configuration: no PPS"},
        {"014d401effe1000168010001 68", "invalid AVC configuration: no SPS"},
    };
    for (auto const& c : cases) {
        auto const config = parse_avc_config(hex(c.record));
        ASSERT_FALSE(config) << c.record;
        EXPECT_EQ(config.error().message, c.error) << c.record;
    }
}

TEST(AvcConfig, OfSeveralSetsTheFirstIsKept) {
    auto const record = hex("014d401effe20004674d401e0004674d401f02000268ee000268ff");
    EXPECT_EQ(parse_avc_config(record), (H264Config{hex("674d401e"), hex("68ee")}));
}

TEST(AvcConfig, WithoutAnSpsThereIsNoRecord) {
    EXPECT_TRUE(write_avc_config({}).empty());
}

TEST(AvcConfig, TheDefaultIsAReadablePair) {
    auto const config = default_h264_config();
    EXPECT_EQ(parse_h264_sps(config.sps)->height, 1080U);
    EXPECT_EQ(parse_avc_config(write_avc_config(config)), config);
}

TEST(HevcConfig, WhatIsWrittenIsReadBack) {
    for (auto const& config : {test::h265_1080p(), test::h265_main10_362p()}) {
        auto const record = write_hevc_config(config);
        EXPECT_EQ(parse_hevc_config(record), config);
        for (std::size_t size = 0; size < record.size(); ++size) {
            EXPECT_FALSE(parse_hevc_config(base::ByteView(record).first(size))) << size;
        }
    }
}

TEST(HevcConfig, TheFixedPartFollowsTheSps) {
    auto const record = write_hevc_config(test::h265_main10_362p());
    ASSERT_GT(record.size(), 23U);
    EXPECT_EQ(base::Bytes(record.begin(), record.begin() + 23),
              hex("01 02 20000000 900000000000 3f f000 fc fd fa fa 0000 0f 03"));
}

TEST(HevcConfig, WrongOnesAreRefusedWithAReason) {
    auto const good = write_hevc_config(test::h265_1080p());
    auto version = good;
    version[0] = 2;
    EXPECT_EQ(parse_hevc_config(version).error().message, "invalid HEVC configuration: version 2");
    auto length_size = good;
    length_size[21] = 0x0e;
    EXPECT_EQ(parse_hevc_config(length_size).error().message,
              "invalid HEVC configuration: unsupported length size 3");
    auto arrays = good;
    arrays[22] = 255;
    EXPECT_EQ(parse_hevc_config(arrays).error().message,
              "invalid HEVC configuration: invalid length");
    auto none = good;
    none.resize(23);
    none[22] = 0;
    EXPECT_EQ(parse_hevc_config(none).error().message, "invalid HEVC configuration: no VPS");
    EXPECT_TRUE(write_hevc_config({}).empty());
}

}  // namespace
}  // namespace tidegate::media
