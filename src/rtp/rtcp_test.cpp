#include "rtp/rtcp.hpp"

#include <gtest/gtest.h>

#include "media/test_samples.hpp"

namespace tidegate::rtp {
namespace {

SenderReport sample() {
    return {0x01020304, 0x0506070809101112, 0x13141516, 0x17, 0x18, {{5, 6, -2, 7, 8, 9, 10}}};
}

TEST(Rtcp, WritesASenderReportToTheByte) {
    auto report = sample();
    report.blocks.clear();
    base::Bytes const wire{0x80, 200,  0,    6,    1,    2,    3, 4, 5, 6,    7, 8, 9, 0x10,
                           0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0, 0, 0, 0x17, 0, 0, 0, 0x18};
    EXPECT_EQ(write_rtcp(report), wire);
}

TEST(Rtcp, ReadsWhatItWritesAloneAndCompound) {
    ReceiverReport const receiver{9,
                                  {{1, 255, -0x800000, 2, 3, 4, 5}, {6, 0, 0x7FFFFF, 7, 8, 9, 10}}};
    auto bytes = write_rtcp(sample());
    auto const second = write_rtcp(receiver);
    bytes.insert(bytes.end(), second.begin(), second.end());
    bytes.insert(bytes.end(), {0x81, 202, 0, 2, 0, 0, 0, 9, 1, 1, 'x', 0});  // SDES is skipped
    bytes.insert(bytes.end(), {0x82, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2});    // BYE of two
    auto const packets = parse_rtcp(bytes);
    ASSERT_TRUE(packets);
    EXPECT_EQ(*packets, (std::vector<RtcpPacket>{sample(), receiver, Goodbye{{1, 2}}}));
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        auto const part = parse_rtcp(base::ByteView(bytes).first(cut));
        if (part) EXPECT_LT(part->size(), 3U) << cut;
    }
}

TEST(Rtcp, RefusesLyingLengths) {
    base::Bytes const cases[] = {
        {},
        {0x80},
        {0x80, 200, 0, 6, 1},
        {0x80, 200, 0xFF, 0xFF},
        {0x81, 201, 0, 1, 0, 0, 0, 1},
        {0x9F, 203, 0, 1, 0, 0, 0, 1},
        {0x00, 201, 0, 1, 0, 0, 0, 1},
        {0x80, 200, 0, 0},
    };
    for (auto const& bytes : cases) EXPECT_EQ(parse_rtcp(bytes).error(), Error::bad_rtcp);
    EXPECT_EQ(parse_rtcp(base::Bytes{0xA0, 201, 0, 1, 0, 0, 0, 9}).error(), Error::bad_padding);
}

// What FFmpeg 5.1, MediaMTX 1.20.1 and GStreamer 1.22 sent over a connection.
TEST(Rtcp, ReadsWhatOthersWrite) {
    struct Case {
        char const* name;
        char const* bytes;
        std::vector<RtcpPacket> packets;
    };
    SenderReport const ffmpeg{.ssrc = 0xd1043191,
                              .ntp = 0xeeb5a54d8f5c28f5,
                              .rtptime = 0x94ab5b4d,
                              .packets = 0,
                              .octets = 0,
                              .blocks = {}};
    SenderReport const mediamtx{.ssrc = 0xf8f47eeb,
                                .ntp = 0xeeb5a555438a1191,
                                .rtptime = 0x94b048ab,
                                .packets = 1,
                                .octets = 0x551,
                                .blocks = {}};
    ReceiverReport const gstreamer{0xa46d97e7,
                                   {{.ssrc = 0xf95c7f2a,
                                     .fraction_lost = 0,
                                     .cumulative_lost = -1,
                                     .highest_sequence = 0xc55,
                                     .jitter = 0x394,
                                     .last_sender_report = 0xa55b8bfa,
                                     .delay_since_last = 0x8496}}};
    auto const after_gstreamer = std::string("81c90007a46d97e7f95c7f2a00ffffff00000c5500000394") +
                                 "a55b8bfa00008496" + "81ca0004a46d97e7010575736572310000000000";
    Case const cases[] = {
        {"FFmpeg", "80c80006d1043191eeb5a54d8f5c28f594ab5b4d0000000000000000", {ffmpeg}},
        {"MediaMTX", "80c80006f8f47eebeeb5a555438a119194b048ab0000000100000551", {mediamtx}},
        {"GStreamer, with an SDES", after_gstreamer.c_str(), {gstreamer}},
        {"an empty report and a BYE with a reason",
         "80c9000100000001 81cb000300000001 0474656172 000000",
         {ReceiverReport{1, {}}, Goodbye{{1}}}},
        {"feedback, APP and extended reports alone",
         "81ce00020000000100000002 80cc0002000000016e616d65 80cf000100000001",
         {}},
        {"a report with a profile-specific extension",
         "80c9000200000001 aabbccdd",
         {ReceiverReport{1, {}}}},
        {"padding at the end", "a0c9000200000001 00000004", {ReceiverReport{1, {}}}},
        {"a BYE of nobody", "80cb0000", {Goodbye{}}},
    };
    for (auto const& c : cases) {
        auto const bytes = media::test::hex(c.bytes);
        auto const read = parse_rtcp(bytes);
        ASSERT_TRUE(read) << c.name << ": " << describe(read.error());
        EXPECT_EQ(*read, c.packets) << c.name;
    }
}

TEST(Rtcp, ReadsNoMoreReportsThanTheLimit) {
    base::Bytes bytes;
    for (int i = 0; i < 100; ++i) bytes.insert(bytes.end(), {0x80, 203, 0, 0});
    EXPECT_EQ(parse_rtcp(bytes)->size(), 32U);
}

TEST(Rtcp, WritesAtMost31Blocks) {
    ReceiverReport report{1, std::vector<ReportBlock>(40)};
    auto const bytes = write_rtcp(report);
    EXPECT_EQ(bytes.size(), 8 + 31 * 24U);
    EXPECT_EQ(bytes[0], 0x80 | 31);
    report.blocks.resize(31);
    EXPECT_EQ(parse_rtcp(bytes), (std::vector<RtcpPacket>{report}));
}

TEST(Rtcp, EveryLossFitsIn24Bits) {
    for (std::int32_t const lost : {0, 1, -1, 0x7FFFFF, -0x800000, 12345, -12345}) {
        ReceiverReport const report{1, {{.ssrc = 2, .cumulative_lost = lost}}};
        EXPECT_EQ(parse_rtcp(write_rtcp(report)), (std::vector<RtcpPacket>{report})) << lost;
    }
}

TEST(Ntp, KeepsNanosecondsBothWays) {
    using namespace std::chrono_literals;
    EXPECT_EQ(ntp_from_unix(0ns), 2208988800ULL << 32);
    EXPECT_EQ(ntp_from_unix(500ms) & 0xFFFFFFFF, 0x80000000U);
    for (auto const time :
         {0ns, 1ns, 999999999ns, std::chrono::nanoseconds{1'795'000'000'123'456'789}}) {
        EXPECT_LE(std::chrono::abs(unix_from_ntp(ntp_from_unix(time)) - time), 1ns);
    }
    (void)unix_from_ntp(0);
    (void)unix_from_ntp(~0ULL);
}

}  // namespace
}  // namespace tidegate::rtp
