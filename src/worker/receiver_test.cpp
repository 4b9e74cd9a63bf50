#include "worker/receiver.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "media/test_samples.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/train.hpp"

namespace tidegate::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::chrono::nanoseconds kWall = std::chrono::hours{24 * 365 * 50};

// A track of the far end: its packets with an RTP clock that starts anywhere.
class Sender {
public:
    Sender(media::Track const& track, std::uint16_t number, std::uint32_t offset)
        : number_(number), packetizer_(track, {.ssrc = number + 1U, .timestamp_offset = offset}) {}

    std::vector<base::Bytes> packets(milliseconds at, std::size_t size = 30) {
        media::Unit unit;
        unit.pts = unit.dts = at;
        unit.keyframe = true;
        base::Bytes payload(size, 0x80);
        if (number_ == 0) {
            payload.clear();
            base::ByteWriter(payload).u32(static_cast<std::uint32_t>(size));
            payload.push_back(0x65);
            payload.resize(4 + size, 0x80);
        }
        unit.payload = base::SharedBytes::copy_of(payload);
        auto const train = packetizer_.packetize(unit);
        std::vector<base::Bytes> packets;
        auto rest = train.bytes.view();
        while (auto const frame = rtp::next_frame(rest)) {
            packets.emplace_back(frame->payload.begin(), frame->payload.end());
        }
        return packets;
    }
    base::Bytes packet(milliseconds at) { return packets(at).front(); }
    // The sender's clocks agree that media time 0 was at kWall.
    base::Bytes report(milliseconds at) const {
        rtp::SenderReport report;
        report.ntp = rtp::ntp_from_unix(kWall + at);
        report.rtptime = packetizer_.rtptime_of(at);
        return rtp::write_rtcp(report);
    }
    std::uint32_t rtptime_of(milliseconds at) const { return packetizer_.rtptime_of(at); }

    rtsp::ClientTrack described(std::optional<milliseconds> play = std::nullopt) const {
        rtsp::ClientTrack track;
        track.track = number_;
        track.description.track = packetizer_.track();
        track.description.payload_type = packetizer_.payload_type();
        track.description.clock_rate = packetizer_.clock_rate();
        if (play) track.position.emplace().rtptime = packetizer_.rtptime_of(*play);
        return track;
    }

private:
    std::uint16_t number_;
    rtp::Packetizer packetizer_;
};

class ReceiverTest : public testing::Test {
protected:
    void start(std::optional<milliseconds> play = std::nullopt) {
        receiver.emplace(std::vector{video.described(play), audio.described(play)}, epoch);
    }
    void rtp(Sender& sender, std::uint16_t track, milliseconds at, milliseconds now) {
        for (auto const& packet : sender.packets(at)) receiver->on_rtp(track, packet, now, units);
    }
    base::Timestamp time_of(std::uint16_t track) const {
        auto const found = std::ranges::find(units, track, &media::Unit::track);
        return found == units.end() ? base::Timestamp{-1} : found->pts;
    }
    static bool near(base::Timestamp a, base::Timestamp b) {
        return std::chrono::abs(a - b) < milliseconds{1};  // an RTP tick, and NTP's rounding
    }

    Sender video{{media::test::h264_720p()}, 0, 4'000'000'000};
    Sender audio{{media::test::aac_stereo_44100()}, 1, 77};
    Epoch epoch;
    std::optional<Receiver> receiver;
    std::vector<media::Unit> units;
};

TEST_F(ReceiverTest, SenderReportsAlignTracksWhoseClocksStartAnywhere) {
    start();
    receiver->on_rtcp(0, video.report(milliseconds{0}), {}, units);
    receiver->on_rtcp(1, audio.report(milliseconds{0}), {}, units);
    rtp(audio, 1, milliseconds{500}, milliseconds{0});
    rtp(video, 0, milliseconds{540}, milliseconds{1});
    ASSERT_EQ(units.size(), 2U);
    EXPECT_TRUE(receiver->aligned());
    EXPECT_EQ(time_of(1), kLeadTime) << "the first unit of all starts the output";
    EXPECT_TRUE(near(time_of(0) - time_of(1), milliseconds{40}));
}

TEST_F(ReceiverTest, PacketsWaitForTheFirstReport) {
    start();
    rtp(video, 0, milliseconds{0}, milliseconds{0});
    rtp(video, 0, milliseconds{33}, milliseconds{33});
    EXPECT_TRUE(units.empty());
    EXPECT_FALSE(receiver->aligned());
    receiver->on_rtcp(0, video.report(milliseconds{20}), milliseconds{40}, units);
    ASSERT_EQ(units.size(), 2U) << "none is lost";
    EXPECT_TRUE(near(units[1].pts - units[0].pts, milliseconds{33}));
}

TEST_F(ReceiverTest, ATrackWithoutReportIsDatedByRtpInfoAndTheOtherTracksReport) {
    start(milliseconds{1000});  // both tracks stood here when PLAY was answered
    receiver->on_rtcp(0, video.report(milliseconds{0}), {}, units);
    rtp(video, 0, milliseconds{1000}, milliseconds{0});
    rtp(audio, 1, milliseconds{1025}, milliseconds{3});
    ASSERT_EQ(units.size(), 1U) << "audio waits for a report of its own";
    receiver->on_time(milliseconds{3} + kSyncWait, units);
    ASSERT_EQ(units.size(), 2U);
    EXPECT_TRUE(near(time_of(1) - time_of(0), milliseconds{25}));
}

TEST_F(ReceiverTest, WithoutAnyReportTracksAreAlignedByArrival) {
    start();
    rtp(audio, 1, milliseconds{0}, milliseconds{10'000});
    rtp(video, 0, milliseconds{700}, milliseconds{10'060});
    receiver->on_time(milliseconds{10'060} + kSyncWait, units);
    ASSERT_EQ(units.size(), 2U);
    EXPECT_TRUE(near(time_of(0) - time_of(1), milliseconds{60}));
}

TEST_F(ReceiverTest, PacketsThatKeepComingEndTheWaitAsWell) {
    start();
    for (int i = 0; i < 20; ++i) rtp(video, 0, milliseconds{20 * i}, milliseconds{20 * i});
    EXPECT_EQ(units.size(), 20U);
}

TEST_F(ReceiverTest, TheTimeGoesOnOverConnections) {
    start();
    receiver->on_rtcp(0, video.report(milliseconds{0}), {}, units);
    rtp(video, 0, milliseconds{0}, milliseconds{0});
    Sender again({media::test::h264_720p()}, 0, 5);  // the router has drawn another RTP offset
    receiver.emplace(std::vector{again.described()}, epoch);
    receiver->on_rtcp(0, again.report(milliseconds{0}), {}, units);
    rtp(again, 0, milliseconds{3000}, milliseconds{0});
    ASSERT_EQ(units.size(), 2U);
    EXPECT_TRUE(near(units[1].pts - units[0].pts, seconds{3})) << "the gap stays a gap";
}

TEST_F(ReceiverTest, HostilePacketsChangeNothing) {
    start();
    base::Bytes const rubbish(40, 0xff);
    receiver->on_rtp(9, video.packet({}), {}, units);
    receiver->on_rtcp(9, video.report({}), {}, units);
    receiver->on_rtp(0, rubbish, {}, units);
    receiver->on_rtp(0, {}, {}, units);
    receiver->on_rtcp(0, rubbish, {}, units);
    receiver->on_rtcp(0, {}, {}, units);
    EXPECT_TRUE(units.empty());
    receiver->on_rtcp(0, video.report({}), {}, units);
    receiver->on_aligned_rtp(9, video.packet({}), units);
    rtp(video, 0, milliseconds{0}, milliseconds{5});
    EXPECT_EQ(units.size(), 1U);
}

TEST_F(ReceiverTest, TheFirstPacketMayBeRubbish) {
    start();
    receiver->on_rtp(0, base::Bytes(3, 0xff), {}, units);
    rtp(video, 0, milliseconds{0}, milliseconds{5});
    rtp(video, 0, milliseconds{33}, milliseconds{38});
    receiver->on_rtcp(0, video.report({}), milliseconds{40}, units);
    ASSERT_EQ(units.size(), 2U);
    EXPECT_EQ(units[0].pts, kLeadTime);
    EXPECT_TRUE(near(units[1].pts - units[0].pts, milliseconds{33}));
}

TEST_F(ReceiverTest, LostPacketsAreCounted) {
    start();
    receiver->on_rtcp(0, video.report({}), {}, units);
    rtp(video, 0, milliseconds{0}, {});
    for (int i = 1; i < 4; ++i) video.packet(milliseconds{33 * i});  // never sent
    rtp(video, 0, milliseconds{132}, {});
    EXPECT_EQ(receiver->packets_lost(), 3U);
}

TEST_F(ReceiverTest, WhatWaitsIsBounded) {
    start();
    for (std::size_t i = 0; i < kMaxHeldPackets + 100; ++i) {
        receiver->on_rtp(0, video.packet(milliseconds{i}), {}, units);
    }
    receiver->on_rtcp(0, video.report({}), {}, units);
    EXPECT_EQ(units.size(), kMaxHeldPackets);
}

TEST_F(ReceiverTest, ParameterSetsInTheStreamAreToldOnce) {
    start();
    receiver->on_rtcp(0, video.report({}), {}, units);
    rtp(video, 0, milliseconds{0}, {});
    EXPECT_FALSE(receiver->config_changed());
    auto const other = media::test::h264_main_360p();
    media::Unit unit;
    unit.keyframe = true;
    unit.pts = unit.dts = milliseconds{33};
    base::Bytes payload;
    base::ByteWriter writer(payload);
    for (auto const& nalu : {other.sps, other.pps, base::Bytes{0x65, 0x88, 0x80}}) {
        writer.u32(static_cast<std::uint32_t>(nalu.size()));
        writer.bytes(nalu);
    }
    unit.payload = base::SharedBytes::copy_of(payload);
    rtp::Packetizer changed({media::test::h264_720p()},
                            {.ssrc = 1, .first_sequence = 1, .timestamp_offset = 4'000'000'000});
    auto const train = changed.packetize(unit);
    auto rest = train.bytes.view();
    while (auto const frame = rtp::next_frame(rest)) {
        receiver->on_aligned_rtp(0, frame->payload, units);
    }
    EXPECT_TRUE(receiver->config_changed());
    EXPECT_FALSE(receiver->config_changed());
    EXPECT_EQ(receiver->tracks()[0].config, media::CodecConfig{other});
}

}  // namespace
}  // namespace tidegate::worker
