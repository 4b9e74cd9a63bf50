#include "rtp/rtcp.hpp"

#include <gtest/gtest.h>

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
