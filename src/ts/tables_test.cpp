#include "ts/tables.hpp"

#include <gtest/gtest.h>

#include "media/test_samples.hpp"
#include "ts/adts.hpp"
#include "ts/packet_writer.hpp"

namespace tidegate::ts {
namespace {

using media::test::hex;

base::Bytes without_checksum(base::Bytes const& section) {
    EXPECT_EQ(crc32(section), 0U);
    return {section.begin(), section.end() - 4};
}

TEST(Tables, ThePatNamesOneProgram) {
    EXPECT_EQ(without_checksum(write_pat()), hex("00 b00d 0001 c1 00 00 0001 f000"));
}

TEST(Tables, ThePmtNamesEveryStream) {
    media::Track const tracks[] = {{media::test::h264_720p()},        {media::test::h265_1080p()},
                                   {media::test::aac_stereo_44100()}, {media::Mp3Config{44100, 2}},
                                   {media::Mp3Config{22050, 2}},      {media::OpusConfig{2}},
                                   {media::Ac3Config{48000, 2, {}}}};
    std::vector<ElementaryStream> streams;
    for (auto const& track : tracks) {
        EXPECT_TRUE(check_writable(track));
        streams.push_back({static_cast<std::uint16_t>(kFirstTrackPid + streams.size()), &track});
    }
    EXPECT_EQ(without_checksum(write_pmt(0x101, streams)),
              hex("02 b040 0001 c1 00 00 e101 f000"
                  "1b e100 f000 24 e101 f000 0f e102 f000 03 e103 f000 04 e104 f000"
                  "06 e105 f00a 05 04 4f707573 7f 02 80 02"
                  "81 e106 f006 05 04 41432d33"));
}

TEST(Tables, WhatHasNoFormIsRefusedWithAReason) {
    struct Case {
        media::Track track;
        char const* reason;
    };
    Case const cases[] = {
        {{media::OpusConfig{9}}, "Opus is not supported in MPEG-TS"},
        // xHE-AAC; a rate of 44056 Hz; channels by a program config element.
        {{media::AacConfig{hex("f9484210"), 48000, 2}},
         "this form of AAC is not supported in MPEG-TS"},
        {{media::AacConfig{hex("17800ac1810"), 44056, 2}},
         "this form of AAC is not supported in MPEG-TS"},
        {{media::AacConfig{hex("1200"), 44100, 2}}, "this form of AAC is not supported in MPEG-TS"},
        {{media::AacConfig{}}, "this form of AAC is not supported in MPEG-TS"},
    };
    for (auto const& c : cases) {
        auto const fine = check_writable(c.track);
        ASSERT_FALSE(fine) << c.reason;
        EXPECT_EQ(fine.error().message, c.reason);
    }
}

TEST(Adts, SaysWhatTheConfigurationSays) {
    struct Case {
        char const* name;
        char const* config;
        std::size_t size;
        char const* header;
    };
    Case const cases[] = {
        {"LC, 44.1 kHz, stereo", "1210", 4, "fff15080017ffc"},
        {"LC, 48 kHz, mono", "1188", 8184, "fff14c43fffffc"},
        {"Main, 48 kHz, 5.1", "09b0", 1, "fff10d80011ffc"},
        {"HE-AAC, 44.1 kHz of core 22.05", "2b920800", 1, "fff15c80011ffc"},
        {"HE-AACv2", "eb8a0800", 1, "fff15c40011ffc"},
        {"44.1 kHz in 24 bits", "17805622 10", 1, "fff15080011ffc"},
    };
    for (auto const& c : cases) {
        auto const form = adts_form({hex(c.config), 48000, 2});
        ASSERT_TRUE(form) << c.name;
        auto const header = form->header(c.size);
        EXPECT_EQ(base::Bytes(header.begin(), header.end()), hex(c.header)) << c.name;
    }
}

}  // namespace
}  // namespace tidegate::ts
