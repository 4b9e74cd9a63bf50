#include <gtest/gtest.h>

#include "media/decoder_config.hpp"
#include "media/sps.hpp"
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
        {"014d401effff0005", "invalid AVC configuration: invalid length"},
        {"014d401effe0", "invalid AVC configuration: invalid length"},
    };
    for (auto const& c : cases) {
        auto const config = parse_avc_config(hex(c.record));
        ASSERT_FALSE(config) << c.record;
        EXPECT_EQ(config.error().message, c.error) << c.record;
    }
}

TEST(AvcConfig, AllSetsAreKept) {
    auto const record = hex("014d401effe20005674d401e80 0005674d401f40 02000268ee 00026850");
    auto const config = parse_avc_config(record);
    ASSERT_TRUE(config);
    EXPECT_EQ(*config,
              (H264Config{hex("674d401e80"), hex("674d401f40"), hex("68ee"), hex("6850")}));
    EXPECT_EQ(write_avc_config(*config), record);
}

// Readers that look at one SPS take the first.
TEST(AvcConfig, TheRecordsFirstSpsStaysTheFirst) {
    auto const record = hex("014d401fffe20005674d401f40 0005674d401e80 01000268ee");
    EXPECT_EQ(write_avc_config(*parse_avc_config(record)), record);
}

TEST(AvcConfig, SetsMayBeMissing) {
    struct Case {
        char const* record;
        H264Config config;
    };
    Case const cases[] = {
        {"014d401effe000", {}},
        {"014d401effe10005674d401e8000", {hex("674d401e80")}},
        {"014d401effe001000268ee", {hex("68ee")}},
        {"014d401effe1000168010001 68", {hex("68")}},  // named SPS, yet a PPS
        {"014d401effe1000101010000", {}},              // no parameter sets at all
    };
    for (auto const& c : cases) {
        EXPECT_EQ(parse_avc_config(hex(c.record)), c.config) << c.record;
        EXPECT_FALSE(Track{c.config}.configured()) << c.record;
    }
}

TEST(AvcConfig, EveryLengthSizeIsTold) {
    auto record = hex(kAvc360p);
    for (std::uint8_t size = 1; size <= 4; ++size) {
        record[4] = static_cast<std::uint8_t>(0xfcU | (size - 1U));
        EXPECT_TRUE(parse_avc_config(record));
        EXPECT_EQ(avc_length_size(record), size);
    }
}

TEST(AvcConfig, WithoutAnSpsThereIsNoRecord) {
    EXPECT_TRUE(write_avc_config({}).empty());
}

TEST(AvcConfig, TheDefaultIsAReadablePair) {
    auto const config = default_h264_config();
    EXPECT_EQ(parse_h264_sps(config.sets.sps())->height, 1080U);
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
    auto arrays = good;
    arrays[22] = 255;
    EXPECT_EQ(parse_hevc_config(arrays).error().message,
              "invalid HEVC configuration: invalid length");
    EXPECT_TRUE(write_hevc_config({}).empty());
}

TEST(HevcConfig, AllSetsAreKept) {
    auto config = test::h265_1080p();
    auto const second_pps = hex("44016172b46240");
    config.sets.put(second_pps);
    auto const record = write_hevc_config(config);
    EXPECT_EQ(parse_hevc_config(record), config);
    EXPECT_EQ(config.sets.of(NalRole::pps).size(), 2U);
}

TEST(HevcConfig, SetsMayBeMissing) {
    auto record = write_hevc_config(test::h265_1080p());
    record.resize(23);
    record[22] = 0;
    EXPECT_EQ(parse_hevc_config(record), H265Config{});
}

TEST(HevcConfig, EveryLengthSizeIsTold) {
    auto record = write_hevc_config(test::h265_1080p());
    for (std::uint8_t size = 1; size <= 4; ++size) {
        record[21] = static_cast<std::uint8_t>(0x0cU | (size - 1U));
        EXPECT_TRUE(parse_hevc_config(record));
        EXPECT_EQ(hevc_length_size(record), size);
    }
}

}  // namespace
}  // namespace tidegate::media
