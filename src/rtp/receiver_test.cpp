#include "rtp/receiver.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "media/test_samples.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/train.hpp"

namespace tidegate::rtp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::chrono::nanoseconds kWall = std::chrono::hours{24 * 365 * 50};
constexpr milliseconds kWait{3000};
constexpr std::size_t kVideo = 0, kAudio = 1;

// A track of the far end: its packets with an RTP clock that starts anywhere.
class Sender {
public:
    Sender(media::Track const& track, bool video, std::uint32_t offset)
        : video_(video), packetizer_(track, {.ssrc = 1, .timestamp_offset = offset}) {}

    std::vector<base::Bytes> packets(milliseconds pts, std::size_t size = 30) {
        media::Unit unit;
        unit.pts = unit.dts = pts;
        unit.keyframe = true;
        base::Bytes payload(size, 0x80);
        if (video_) {
            payload.clear();
            base::ByteWriter(payload).u32(static_cast<std::uint32_t>(size));
            payload.push_back(0x65);
            payload.resize(4 + size, 0x80);
        }
        unit.payload = base::SharedBytes::copy_of(payload);
        auto const train = packetizer_.packetize(unit);
        std::vector<base::Bytes> packets;
        auto rest = train.bytes.view();
        while (auto const frame = next_frame(rest)) {
            packets.emplace_back(frame->payload.begin(), frame->payload.end());
        }
        return packets;
    }
    // The sender's clocks agree that media time 0 was at `wall`.
    SenderReport report(milliseconds at, std::chrono::nanoseconds wall = kWall) const {
        return {
            .ssrc = 1, .ntp = ntp_from_unix(wall + at), .rtptime = rtptime_of(at), .blocks = {}};
    }
    std::uint32_t rtptime_of(milliseconds at) const { return packetizer_.rtptime_of(at); }
    ReceivedTrack received(std::optional<milliseconds> start = std::nullopt) const {
        ReceivedTrack track{packetizer_.track(),
                            {.track = static_cast<std::uint16_t>(video_ ? kVideo : kAudio),
                             .payload_type = packetizer_.payload_type(),
                             .clock_rate = packetizer_.clock_rate()}};
        if (start) track.start_rtptime = rtptime_of(*start);
        return track;
    }

private:
    bool video_;
    Packetizer packetizer_;
};

class ReceiverTest : public testing::Test {
protected:
    void start(std::optional<milliseconds> at = std::nullopt) {
        receiver.emplace(std::vector{video.received(at), audio.received(at)}, kWait);
    }
    void rtp(Sender& sender, std::size_t track, milliseconds at, milliseconds arrival) {
        for (auto const& packet : sender.packets(at)) {
            EXPECT_TRUE(receiver->on_rtp(track, packet, arrival, units));
        }
    }
    void report(Sender const& sender, std::size_t track, milliseconds at, milliseconds arrival = {},
                std::chrono::nanoseconds wall = kWall) {
        receiver->on_report(track, sender.report(at, wall), arrival, units);
    }
    base::Timestamp first_of(std::size_t track) const {
        auto const found = std::ranges::find(units, track, &media::Unit::track);
        return found == units.end() ? base::Timestamp{-1} : found->pts;
    }
    base::Timestamp last_of(std::size_t track) const {
        auto const found = std::find_if(units.rbegin(), units.rend(),
                                        [&](auto const& unit) { return unit.track == track; });
        return found == units.rend() ? base::Timestamp{-1} : found->pts;
    }
    static bool near(base::Timestamp a, base::Timestamp b) {
        return std::chrono::abs(a - b) < milliseconds{1};  // an RTP tick, and NTP's rounding
    }

    Sender video{{media::H264Config{}}, true, 4'000'000'000};  // no picture waits for another
    Sender audio{{media::test::aac_stereo_44100()}, false, 77};
    std::optional<Receiver> receiver;
    std::vector<media::Unit> units;
};

TEST_F(ReceiverTest, SenderReportsAlignTracksWhoseClocksStartAnywhere) {
    start();
    report(video, kVideo, milliseconds{0});
    report(audio, kAudio, milliseconds{0});
    rtp(audio, kAudio, milliseconds{500}, milliseconds{0});
    EXPECT_TRUE(units.empty()) << "the picture's first unit may be older";
    rtp(video, kVideo, milliseconds{540}, milliseconds{1});
    ASSERT_EQ(units.size(), 2U);
    EXPECT_EQ(first_of(kAudio), kLeadTime) << "the first unit of all starts the output";
    EXPECT_TRUE(near(first_of(kVideo) - first_of(kAudio), milliseconds{40}));
}

TEST_F(ReceiverTest, UnitsWaitForTheFirstReportsOfAllTracks) {
    start();
    // What came when says otherwise.
    rtp(video, kVideo, milliseconds{0}, milliseconds{0});
    rtp(audio, kAudio, milliseconds{0}, milliseconds{170});
    rtp(video, kVideo, milliseconds{33}, milliseconds{200});
    report(video, kVideo, milliseconds{900}, milliseconds{950});
    EXPECT_TRUE(units.empty());
    report(audio, kAudio, milliseconds{2000}, milliseconds{2000});
    ASSERT_EQ(units.size(), 3U) << "none is lost";
    EXPECT_TRUE(near(first_of(kVideo), first_of(kAudio)));
    EXPECT_TRUE(near(units[2].pts - units[0].pts, milliseconds{33}));
}

TEST_F(ReceiverTest, ASingleTrackWaitsForNothing) {
    receiver.emplace(std::vector{video.received()}, kWait);
    rtp(video, kVideo, milliseconds{40}, milliseconds{0});
    EXPECT_EQ(units.size(), 1U);
}

TEST_F(ReceiverTest, ATrackThatIsSilentHoldsTheOthersUpOnlyForAMoment) {
    start();
    report(video, kVideo, milliseconds{0});
    report(audio, kAudio, milliseconds{0});
    rtp(video, kVideo, milliseconds{0}, milliseconds{0});
    rtp(video, kVideo, milliseconds{120}, milliseconds{120});
    EXPECT_TRUE(units.empty());
    receiver->on_time(kFirstUnitsWait, units);
    ASSERT_EQ(units.size(), 2U);
    rtp(audio, kAudio, milliseconds{5000}, milliseconds{5040});  // then it speaks, in time
    EXPECT_TRUE(near(first_of(kAudio) - first_of(kVideo), seconds{5}));
}

TEST_F(ReceiverTest, ATrackWithoutReportIsPlacedByRtpInfo) {
    start(milliseconds{1000});  // both tracks stood here when PLAY was answered
    report(video, kVideo, milliseconds{0});
    rtp(video, kVideo, milliseconds{1000}, milliseconds{0});
    rtp(audio, kAudio, milliseconds{980}, milliseconds{0});
    EXPECT_TRUE(units.empty()) << "its own report may still come";
    receiver->on_time(kWait, units);
    ASSERT_EQ(units.size(), 2U);
    EXPECT_TRUE(near(first_of(kVideo) - first_of(kAudio), milliseconds{20}));
}

TEST_F(ReceiverTest, WithoutAnyReportTheSoonestArrivalsDecide) {
    start();
    rtp(video, kVideo, milliseconds{0}, milliseconds{90});  // waited somewhere
    rtp(audio, kAudio, milliseconds{30}, milliseconds{100});
    rtp(video, kVideo, milliseconds{40}, milliseconds{95});
    rtp(audio, kAudio, milliseconds{90}, milliseconds{160});
    receiver->on_time(kWait + milliseconds{90}, units);
    ASSERT_EQ(units.size(), 4U);
    // The picture's 0 came at 55, the sound's at 70.
    EXPECT_TRUE(near(units[0].pts - (units[1].pts - milliseconds{30}), milliseconds{-15}));
}

// A picture comes when it is to be decoded, and that is before it is shown.
TEST_F(ReceiverTest, APicturesArrivalDatesItsDecoding) {
    Sender reordered({media::test::h264_main_360p()}, true, 5);  // two pictures are held back
    receiver.emplace(std::vector{reordered.received(), audio.received()}, kWait);
    rtp(reordered, kVideo, milliseconds{67}, milliseconds{0});
    rtp(audio, kAudio, milliseconds{0}, milliseconds{0});
    receiver->on_time(kWait, units);
    ASSERT_EQ(units.size(), 2U);
    EXPECT_TRUE(near(units[0].dts, units[1].dts));
    EXPECT_TRUE(near(units[0].pts - units[1].pts, milliseconds{67}));
}

TEST_F(ReceiverTest, AReportThatComesLaterMovesThePictureLittleByLittle) {
    start();
    rtp(video, kVideo, milliseconds{0}, milliseconds{60});
    rtp(audio, kAudio, milliseconds{0}, milliseconds{0});
    receiver->on_time(kWait + milliseconds{60}, units);
    EXPECT_TRUE(near(first_of(kVideo) - first_of(kAudio), milliseconds{60}));
    report(audio, kAudio, milliseconds{3000});
    report(video, kVideo, milliseconds{3000});
    EXPECT_TRUE(near(receiver->sync_error(kVideo), milliseconds{60}));
    EXPECT_EQ(receiver->sync_error(kAudio), base::Timestamp{});
    auto last_video = last_of(kVideo), last_audio = last_of(kAudio);
    for (int i = 1; i <= 100; ++i) {
        rtp(video, kVideo, milliseconds{40 * i}, milliseconds{40 * i});
        rtp(audio, kAudio, milliseconds{40 * i}, milliseconds{40 * i});
        EXPECT_LE(std::chrono::abs(last_of(kVideo) - last_video - milliseconds{40}),
                  milliseconds{1});
        EXPECT_TRUE(near(last_of(kAudio) - last_audio, milliseconds{40})) << "sound has no seam";
        last_video = last_of(kVideo);
        last_audio = last_of(kAudio);
    }
    EXPECT_TRUE(near(last_video, last_audio));
    EXPECT_TRUE(near(receiver->sync_error(kVideo), {}));
}

// An hour of an encoder whose sound card is 100 ppm fast, and its picture's clock 100 ppm slow.
TEST_F(ReceiverTest, FollowsAnHourOfDriftBetweenTheTracks) {
    for (auto const ppm : {-100, 100}) {
        start();
        units.clear();
        auto const real = [&](milliseconds media, int by) {
            return kWall + media + std::chrono::nanoseconds{media} * by / 1'000'000;
        };
        report(video, kVideo, {}, {}, kWall);
        report(audio, kAudio, {}, {}, kWall);
        base::Timestamp last{};
        for (milliseconds at{0}; at < seconds{3600}; at += milliseconds{200}) {
            if (at % seconds{5} == milliseconds{0}) {
                report(video, kVideo, at, at, real(at, ppm) - at);
            }
            if (at % milliseconds{5200} == milliseconds{0}) {
                report(audio, kAudio, at, at, real(at, -ppm) - at);
            }
            rtp(audio, kAudio, at, at);
            rtp(video, kVideo, at, at);
            auto const apart = last_of(kVideo) - last_of(kAudio);
            auto const wanted = real(at, ppm) - real(at, -ppm);
            EXPECT_LE(std::chrono::abs(apart - wanted), milliseconds{3}) << at.count();
            EXPECT_LE(std::chrono::abs(apart - last), milliseconds{2}) << "a step at a report";
            last = apart;
            units.clear();
        }
        EXPECT_GT(std::chrono::abs(last), milliseconds{700}) << "there was something to follow";
    }
}

TEST_F(ReceiverTest, ASenderThatSetsItsClockMovesNothing) {
    start();
    report(video, kVideo, {});
    report(audio, kAudio, {});
    for (milliseconds at{0}; at < seconds{60}; at += milliseconds{40}) {
        rtp(video, kVideo, at, at);
        rtp(audio, kAudio, at, at);
        EXPECT_TRUE(near(last_of(kVideo), last_of(kAudio))) << at.count();
        // Between the reports of one round: back by two seconds, then on by years.
        auto const wall = at < seconds{20}   ? kWall
                          : at < seconds{40} ? kWall - seconds{2}
                                             : kWall + std::chrono::hours{24 * 900};
        if (at % seconds{5} == milliseconds{0}) report(audio, kAudio, at, at, wall);
        if ((at + seconds{1}) % seconds{5} == milliseconds{0}) report(video, kVideo, at, at, wall);
    }
}

TEST_F(ReceiverTest, ReportsOfDifferentClocksAreNotBelieved) {
    start();
    report(video, kVideo, {}, {}, kWall);
    report(audio, kAudio, {}, {}, kWall + std::chrono::hours{3});
    rtp(video, kVideo, {}, milliseconds{0});
    rtp(audio, kAudio, {}, milliseconds{20});
    ASSERT_EQ(units.size(), 2U);
    EXPECT_TRUE(near(first_of(kAudio) - first_of(kVideo), milliseconds{20}));
}

TEST_F(ReceiverTest, HostilePacketsChangeNothing) {
    start();
    base::Bytes const rubbish(40, 0xff);
    EXPECT_FALSE(receiver->on_rtp(9, video.packets({}).front(), {}, units));
    EXPECT_FALSE(receiver->on_rtp(0, rubbish, {}, units));
    EXPECT_FALSE(receiver->on_rtp(0, {}, {}, units));
    report(video, 9, {});
    receiver->on_report(0, {.ssrc = 1, .ntp = 0, .rtptime = 5, .blocks = {}}, {}, units);
    EXPECT_TRUE(units.empty());
    for (auto const ntp : {std::uint64_t{1}, ~std::uint64_t{}, std::uint64_t{1} << 63}) {
        for (auto const rtptime : {0U, 1U << 31, ~0U}) {
            for (auto const track : {kVideo, kAudio}) {
                receiver->on_report(
                    track, {.ssrc = 1, .ntp = ntp, .rtptime = rtptime, .blocks = {}}, {}, units);
                rtp(track == kVideo ? video : audio, track, milliseconds{rtptime % 1000}, {});
            }
        }
    }
    EXPECT_EQ(units.size(), 18U);
}

TEST_F(ReceiverTest, TheFirstPacketMayBeRubbish) {
    start();
    EXPECT_FALSE(receiver->on_rtp(0, base::Bytes(3, 0xff), {}, units));
    rtp(video, kVideo, milliseconds{0}, milliseconds{5});
    rtp(video, kVideo, milliseconds{33}, milliseconds{38});
    receiver->on_time(kWait + milliseconds{5}, units);
    ASSERT_EQ(units.size(), 2U);
    EXPECT_EQ(units[0].pts, kLeadTime);
    EXPECT_TRUE(near(units[1].pts - units[0].pts, milliseconds{33}));
}

TEST_F(ReceiverTest, LostPacketsAreCounted) {
    start();
    rtp(video, kVideo, milliseconds{0}, {});
    for (int i = 1; i < 4; ++i) video.packets(milliseconds{33 * i});  // never sent
    rtp(video, kVideo, milliseconds{132}, {});
    EXPECT_EQ(receiver->packets_lost(), 3U);
}

TEST_F(ReceiverTest, WhatWaitsIsBounded) {
    start();
    for (std::size_t i = 0; i < kMaxWaitingUnits; ++i) {
        EXPECT_TRUE(units.empty());
        rtp(video, kVideo, milliseconds{i}, {});
    }
    EXPECT_EQ(units.size(), kMaxWaitingUnits);
    start();
    units.clear();
    constexpr std::size_t kSize = 1'000'000;
    std::size_t sent = 0;
    for (; units.empty(); ++sent) {
        for (auto const& packet : video.packets(milliseconds{sent}, kSize)) {
            static_cast<void>(receiver->on_rtp(kVideo, packet, {}, units));
        }
        ASSERT_LT(sent, kMaxWaitingBytes / kSize + 2);
    }
}

TEST_F(ReceiverTest, ParameterSetsInTheStreamAreToldOnce) {
    start();
    rtp(video, kVideo, milliseconds{0}, {});
    auto const other = media::test::h264_main_360p();
    media::Unit unit;
    unit.keyframe = true;
    unit.pts = unit.dts = milliseconds{33};
    unit.payload = base::SharedBytes::copy_of(base::Bytes{0, 0, 0, 3, 0x65, 0x88, 0x80});
    Packetizer changed({other},
                       {.ssrc = 1, .first_sequence = 1, .timestamp_offset = 4'000'000'000});
    auto const train = changed.packetize(unit);
    auto rest = train.bytes.view();
    while (auto const frame = next_frame(rest)) {
        EXPECT_TRUE(receiver->on_rtp(kVideo, frame->payload, {}, units));
    }
    receiver->on_time(std::chrono::hours{1}, units);  // whatever waits for a report
    EXPECT_EQ(std::ranges::count_if(units, &media::Unit::new_config), 1);
    EXPECT_EQ(receiver->track(kVideo).config, media::CodecConfig{other});
    EXPECT_EQ(receiver->tracks()[0].config, media::CodecConfig{other});
}

}  // namespace
}  // namespace tidegate::rtp
