#include "rtp/packetizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "media/limits.hpp"
#include "rtp/packet.hpp"
#include "rtp/test_units.hpp"

namespace tidegate::rtp {
namespace {

using testing_units::avcc;
using testing_units::nalu;
using testing_units::unit;

struct Seen {
    std::vector<base::Bytes> payloads;
    std::vector<bool> markers;
    std::vector<std::uint16_t> sequences;
};

Seen look(Train const& train, std::uint8_t channel = 0) {
    Seen seen;
    std::size_t rtp_bytes = 0;
    auto rest = train.bytes.view();
    while (auto const frame = next_frame(rest)) {
        EXPECT_EQ(frame->channel, channel);
        auto const packet = parse_packet(frame->payload);
        if (!packet) break;
        EXPECT_EQ(packet->timestamp, train.rtptime);
        EXPECT_EQ(packet->ssrc, 0xCAFEU);
        rtp_bytes += frame->payload.size();
        seen.payloads.emplace_back(packet->payload.begin(), packet->payload.end());
        seen.markers.push_back(packet->marker);
        seen.sequences.push_back(packet->sequence);
    }
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(seen.payloads.size(), train.packets);
    EXPECT_EQ(rtp_bytes, train.rtp_bytes);
    return seen;
}

PacketizerSettings settings(std::uint8_t channel = 0) {
    return {.ssrc = 0xCAFE, .first_sequence = 65534, .timestamp_offset = 1000, .channel = channel};
}

base::Bytes const kShortSps{0x67, 0x42, 0xC0, 0x1F};
base::Bytes const kShortPps{0x68, 0xCE};
media::Track h264() {
    return {media::H264Config{kShortSps, kShortPps}};
}

TEST(H264Packetizer, WritesTheExactInterleavedBytes) {
    Packetizer packetizer({media::H264Config{}}, settings(4));
    auto const train =
        packetizer.packetize(unit(avcc({{0x41, 0x9A, 0x01}}), std::chrono::milliseconds{10}));
    base::Bytes const wire{'$', 4,    0, 15, 0x80, 0xE0, 0xFF, 0xFE, 0,   0,
                           7,   0x6C, 0, 0,  0xCA, 0xFE, 0x41, 0x9A, 0x01};
    EXPECT_EQ(base::Bytes(train.bytes.view().begin(), train.bytes.view().end()), wire);
    EXPECT_EQ(train.rtp_bytes, 15U);
    EXPECT_EQ(train.first_sequence, 65534);
    EXPECT_EQ(packetizer.next_sequence(), 65535);
    EXPECT_EQ(packetizer.last_rtptime(), 1900U);
    EXPECT_EQ(packetizer.octet_count(), 3U);
}

TEST(H264Packetizer, PutsStoredParameterSetsInAStapBeforeAnIdr) {
    Packetizer packetizer(h264(), settings());
    auto const idr = nalu({0x65}, 3000);
    auto const seen = look(packetizer.packetize(unit(avcc({{0x09, 0xF0}, idr}))));
    ASSERT_EQ(seen.payloads.size(), 4U);
    EXPECT_EQ(seen.payloads[0],
              (base::Bytes{0x18, 0, 4, 0x67, 0x42, 0xC0, 0x1F, 0, 2, 0x68, 0xCE}));
    EXPECT_EQ(seen.payloads[1].size(), 1440U);
    EXPECT_EQ(seen.payloads[1][0], 0x7C);
    EXPECT_EQ(seen.payloads[1][1], 0x85);
    EXPECT_EQ(seen.payloads[2][1], 0x05);
    EXPECT_EQ(seen.payloads[3][1], 0x45);
    EXPECT_EQ(seen.payloads[3].size(), 2 + 2999 - 2 * 1438U);
    EXPECT_EQ(seen.markers, (std::vector<bool>{false, false, false, true}));
    EXPECT_EQ(seen.sequences, (std::vector<std::uint16_t>{65534, 65535, 0, 1}));
}

TEST(H264Packetizer, LeavesOutTheUnitsOwnParameterSets) {
    Packetizer packetizer(h264(), settings());
    EXPECT_TRUE(packetizer.packetize(unit(avcc({kShortSps, kShortPps}))).empty());
    auto const seen = look(packetizer.packetize(unit(avcc({kShortSps, kShortPps, {0x41, 0x9A}}))));
    EXPECT_EQ(seen.payloads, (std::vector<base::Bytes>{{0x41, 0x9A}}));
}

// A picture in the middle of a group may be the first that needs them.
TEST(H264Packetizer, PutsChangedParameterSetsBeforeTheNextPictureWhateverItIs) {
    Packetizer packetizer(h264(), settings());
    packetizer.packetize(unit(avcc({{0x65, 0x88}})));
    base::Bytes const second{0x68, 0x50};
    packetizer.update({media::H264Config{kShortSps, kShortPps, second}});
    EXPECT_EQ(packetizer.packet_count(), 1U);
    auto seen = look(packetizer.packetize(unit(avcc({{0x41, 0x9A}}))));
    ASSERT_EQ(seen.payloads.size(), 1U);
    base::Bytes const sets{0x18, 0, 4, 0x67, 0x42, 0xC0, 0x1F, 0, 2, 0x68, 0xCE, 0, 2, 0x68, 0x50};
    auto expected = sets;
    expected.insert(expected.end(), {0, 2, 0x41, 0x9A});
    EXPECT_EQ(seen.payloads[0], expected);
    seen = look(packetizer.packetize(unit(avcc({{0x41, 0x9A}}))));
    EXPECT_EQ(seen.payloads, (std::vector<base::Bytes>{{0x41, 0x9A}})) << "once";
    seen = look(packetizer.packetize(unit(avcc({{0x65, 0x88}}))));
    expected = sets;
    expected.insert(expected.end(), {0, 2, 0x65, 0x88});
    EXPECT_EQ(seen.payloads, (std::vector<base::Bytes>{expected}));
}

TEST(AacPacketizer, GoesOnWithTheNewClock) {
    Packetizer packetizer({media::AacConfig{{0x12, 0x10}, 44100, 2}}, settings());
    packetizer.packetize(unit({1, 2, 3}));
    packetizer.update({media::AacConfig{{0x11, 0x88}, 48000, 1}});
    EXPECT_EQ(packetizer.clock_rate(), 48000U);
    auto const train = packetizer.packetize(unit({1, 2, 3}, std::chrono::milliseconds{100}));
    EXPECT_EQ(train.rtptime, 4800U + 1000U);
    EXPECT_EQ(train.first_sequence, 65535);
}

struct SizeCase {
    std::vector<std::size_t> nalus;
    std::vector<std::size_t> payloads;
};

TEST(H264Packetizer, GroupsGreedilyAndFragmentsFromTheLimitOn) {
    SizeCase const cases[] = {
        {{1439}, {1439}},
        {{1440}, {1440, 3}},
        {{1439, 2}, {1439, 2}},
        {{700, 700}, {1 + 702 + 702}},
        {{700, 735}, {1 + 702 + 737}},
        {{700, 736}, {700, 736}},
        {{10, 10, 1440, 10}, {25, 1440, 3, 10}},
    };
    for (auto const& c : cases) {
        Packetizer packetizer({media::H264Config{}}, settings());
        std::vector<base::Bytes> nalus;
        nalus.reserve(c.nalus.size());
        for (auto const size : c.nalus) nalus.push_back(nalu({0x41}, size));
        auto const seen = look(packetizer.packetize(unit(avcc(nalus))));
        std::vector<std::size_t> sizes;
        sizes.reserve(seen.payloads.size());
        for (auto const& payload : seen.payloads) sizes.push_back(payload.size());
        EXPECT_EQ(sizes, c.payloads);
        EXPECT_EQ(std::ranges::count(seen.markers, true), 1);
        EXPECT_TRUE(seen.markers.back());
    }
}

TEST(H265Packetizer, AggregatesParameterSetsAndFragmentsTheIrap) {
    base::Bytes const vps{0x40, 0x01, 0x0C}, sps{0x42, 0x01, 0x01}, pps{0x44, 0x01, 0xC0};
    Packetizer packetizer({media::H265Config{vps, sps, pps}}, settings());
    auto const seen = look(packetizer.packetize(unit(avcc({nalu({0x26, 0x01}, 2000)}))));
    ASSERT_EQ(seen.payloads.size(), 3U);
    EXPECT_EQ(seen.payloads[0], (base::Bytes{0x60, 0x01, 0, 3, 0x40, 0x01, 0x0C, 0, 3, 0x42, 0x01,
                                             0x01, 0, 3, 0x44, 0x01, 0xC0}));
    EXPECT_EQ(seen.payloads[1][0], 49 << 1);
    EXPECT_EQ(seen.payloads[1][2], 0x80 | 19);
    EXPECT_EQ(seen.payloads[2][2], 0x40 | 19);
}

TEST(Packetizer, SendsAsManyNalUnitsAsAUnitMayHaveBesideItsParameterSets) {
    Packetizer packetizer(h264(), settings());
    auto const most = avcc(std::vector<base::Bytes>(media::kMaxNalus, base::Bytes{0x65, 0x9A}));
    EXPECT_FALSE(packetizer.packetize(unit(most)).empty());
}

TEST(Packetizer, SendsNothingForWhatHoldsNothing) {
    struct Case {
        char const* name;
        media::Track track;
        base::Bytes payload;
    };
    Case const cases[] = {
        {"empty", h264(), {}},
        {"only a delimiter", h264(), avcc({{0x09, 0xF0}})},
        {"length lies", h264(), {0, 0, 0, 9, 0x41}},
        {"length cut", h264(), {0, 0, 1}},
        {"empty NAL units", h264(), {0, 0, 0, 0, 0, 0, 0, 0}},
        {"too many NAL units", h264(),
         avcc(std::vector<base::Bytes>(media::kMaxNalus + 1, base::Bytes{0x41, 1}))},
        {"aac too long", {media::AacConfig{{0x12, 0x10}, 44100, 2}}, base::Bytes(8192, 1)},
    };
    for (auto const& c : cases) {
        Packetizer packetizer(c.track, settings());
        EXPECT_TRUE(packetizer.packetize(unit(c.payload)).empty()) << c.name;
        EXPECT_EQ(packetizer.next_sequence(), 65534) << c.name;
        EXPECT_EQ(packetizer.last_rtptime(), std::nullopt) << c.name;
    }
}

TEST(AudioPacketizer, FramesEachCodecAsItsRfcSays) {
    Packetizer aac({media::AacConfig{{0x12, 0x10}, 44100, 2}}, settings());
    auto seen = look(aac.packetize(unit({1, 2, 3})));
    EXPECT_EQ(seen.payloads, (std::vector<base::Bytes>{{0, 16, 0, 24, 1, 2, 3}}));
    EXPECT_EQ(seen.markers, std::vector<bool>{true});
    seen = look(aac.packetize(unit(base::Bytes(1437, 9))));
    EXPECT_EQ(seen.payloads[0].size(), 1440U);
    EXPECT_EQ(seen.payloads[1], (base::Bytes{0, 16, 1437 >> 5, (1437 << 3) & 0xFF, 9}));
    EXPECT_EQ(seen.markers, (std::vector<bool>{false, true}));

    Packetizer opus({media::OpusConfig{}}, settings());
    seen = look(opus.packetize(unit({7, 8})));
    EXPECT_EQ(seen.payloads, (std::vector<base::Bytes>{{7, 8}}));
    EXPECT_EQ(seen.markers, std::vector<bool>{false});

    Packetizer mp3({media::Mp3Config{}}, settings());
    EXPECT_EQ(mp3.payload_type(), 14);
    seen = look(mp3.packetize(unit(base::Bytes(1440, 5))));
    EXPECT_EQ(seen.payloads[1], (base::Bytes{0, 0, 0x05, 0x9C, 5, 5, 5, 5}));
}

TEST(Train, IsPatchedForAnotherChannelInEveryFrame) {
    Packetizer packetizer(h264(), settings());
    auto const train = packetizer.packetize(unit(avcc({nalu({0x65}, 5000)})));
    Train other = train;
    other.bytes = patch_channel(train.bytes, 8);
    EXPECT_EQ(look(other, 8).payloads, look(train).payloads);
    EXPECT_TRUE(patch_channel({}, 8).empty());
    EXPECT_EQ(usual_channel(3), 6);
}

TEST(Train, StopsAtATruncatedFrame) {
    base::Bytes const bytes{'$', 1, 0, 2, 'a'};
    base::ByteView rest = bytes;
    EXPECT_FALSE(next_frame(rest).has_value());
    EXPECT_EQ(rest.size(), 5U);
}

}  // namespace
}  // namespace tidegate::rtp
