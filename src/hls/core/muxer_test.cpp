#include "hls/core/muxer.hpp"

#include <gtest/gtest.h>

#include "hls/core/test_publisher.hpp"

namespace tidegate::hls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::audio;
using test::kAudio;
using test::kVideo;
using test::Publisher;
using test::settings;
using test::video;

std::string refusal(Settings const& with, std::vector<Source> const& sources) {
    auto const muxer = Muxer::create(with, sources);
    return muxer ? "" : muxer.error().message;
}

Source other(media::CodecConfig config) {
    return {.track = {std::move(config)}};
}

// Sound for which there is no silence (media/silence.hpp).
Source surround() {
    return other(media::OpusConfig{6});
}

TEST(Muxer, RefusesWhatItCannotMakeInMediaMtxsWords) {
    auto few = settings();
    few.segment_count = 6;
    EXPECT_EQ(refusal(few, {video()}), "Low-Latency HLS requires at least 7 segments");
    few.variant = Variant::fmp4;
    EXPECT_EQ(refusal(few, {video()}), "");
    few.segment_count = 2;
    EXPECT_EQ(refusal(few, {video()}), "the minimum number of HLS segments is 3");
    EXPECT_EQ(refusal(few, {other(media::PcmaConfig{})}),
              "the stream doesn't contain any supported codec, which are currently AV1, VP9, H265, "
              "H264, Opus, MPEG-4 Audio, KLV");

    auto const ts = settings(Variant::mpegts);
    auto const h265 = other(media::test::h265_1080p());
    auto const opus = other(media::OpusConfig{});
    EXPECT_EQ(refusal(ts, {video(), audio()}), "");
    EXPECT_EQ(refusal(ts, {audio()}), "");
    EXPECT_EQ(refusal(ts, {h265}), "the MPEG-TS variant of HLS supports H264 video only");
    EXPECT_EQ(refusal(ts, {video(), opus}),
              "the MPEG-TS variant of HLS supports MPEG-4 Audio only");
    EXPECT_EQ(refusal(ts, {video(), audio(), audio()}),
              "the MPEG-TS variant of HLS supports a single audio track only");
    EXPECT_EQ(refusal(ts, {}).substr(0, 10), "the stream");
}

TEST(Muxer, TellsWhichTracksItCarries) {
    std::vector<Source> const sources{audio(), other(media::PcmaConfig{}), video(), video()};
    auto const muxer = Muxer::create(settings(), sources);
    ASSERT_TRUE(muxer);
    EXPECT_EQ(std::vector(muxer->carried().begin(), muxer->carried().end()),
              (std::vector<std::size_t>{2, 0}));
    EXPECT_EQ(std::vector(muxer->skipped().begin(), muxer->skipped().end()),
              (std::vector<std::size_t>{1, 3}));
}

TEST(Muxer, BeginsWithAKeyFrame) {
    Publisher publisher({video(), audio()});
    publisher.push(1, milliseconds(0), true, 10);
    publisher.push(0, milliseconds(0), false, 10);
    publisher.push(0, milliseconds(40), false, 10);
    publisher.push(0, milliseconds(80), true, 10);
    for (auto at = milliseconds(120); at <= milliseconds(1080); at += milliseconds(40)) {
        publisher.push(0, at, at == milliseconds(1080), 10);
    }
    EXPECT_NE(publisher.text(kVideo).find("2026-01-01T00:00:00.080Z\n"), std::string::npos);
    EXPECT_NE(publisher.text(kVideo).find("#EXTINF:1.00000,\n0123456789ab_video1_seg7"),
              std::string::npos);
}

TEST(Muxer, ASegmentEndsAtTheFirstKeyFrameAfterItsDuration) {
    Publisher publisher({video()});
    publisher.gop = milliseconds(600);
    publisher.run_to(milliseconds(1241));
    EXPECT_NE(publisher.text(kVideo).find("#EXTINF:1.20000,\n"), std::string::npos);
}

// RTMP counts milliseconds. MediaMTX makes segments of two seconds of these key frames.
TEST(Muxer, RoundedTimesDoNotDoubleASegment) {
    Publisher publisher({video()});
    for (int i = 0; i < 4; ++i) {
        auto const key = milliseconds(i * 1000 - i % 2);
        publisher.push(0, key, true, 10);
        for (int at = 40; at < 960; at += 40) publisher.push(0, key + milliseconds(at), false, 10);
    }
    EXPECT_NE(publisher.text(kVideo).find("#EXTINF:0.99900,\n0123456789ab_video1_seg7"),
              std::string::npos)
        << publisher.text(kVideo);
    EXPECT_NE(publisher.text(kVideo).find("#EXTINF:1.00100,\n0123456789ab_video1_seg8"),
              std::string::npos);
}

TEST(Muxer, AnEditionComesWithEachPart) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(10'001));
    EXPECT_EQ(publisher.editions, 50U);
    EXPECT_EQ(publisher.muxer.edition()->version(), 51U);
    Publisher whole({video(), audio()}, settings(Variant::fmp4));
    whole.run_to(milliseconds(10'001));
    EXPECT_EQ(whole.editions, 10U);
    EXPECT_TRUE(whole.muxer.take_warnings().empty());
}

TEST(Muxer, SoundAloneIsCutByTime) {
    Publisher publisher({audio()});
    publisher.run_to(milliseconds(3001));
    auto const list = publisher.text("audio1_stream.m3u8");
    EXPECT_NE(list.find("#EXTINF:1.00000,\n0123456789ab_audio1_seg9.mp4\n"), std::string::npos)
        << list;
    EXPECT_NE(list.find("0123456789ab_audio1_part14.mp4\",INDEPENDENT=YES\n"), std::string::npos);
    EXPECT_EQ(publisher.get("0123456789ab_audio1_seg9.mp4").content_type, "audio/mp4");
}

TEST(Muxer, SoundThatStartsLateIsAGapUntilThen) {
    Publisher publisher({video(), surround()});
    publisher.silent[1] = true;
    publisher.run_to(milliseconds(1201));
    auto const before = publisher.text(kAudio);
    EXPECT_NE(before.find("#EXT-X-GAP\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n"
                          "#EXT-X-PART:DURATION=0.20000,URI=\"0123456789ab_audio2_part0.mp4\","
                          "GAP=YES\n"),
              std::string::npos)
        << before;
    EXPECT_NE(before.find("#EXTINF:1.00000,\ngap.mp4\n#EXT-X-PART:DURATION=0.20000,"),
              std::string::npos);
    EXPECT_EQ(publisher.text("0123456789ab_audio2_part0.mp4"), "not found");
    EXPECT_EQ(publisher.text("0123456789ab_audio2_seg7.mp4"), "not found");

    publisher.silent.clear();
    publisher.run_to(milliseconds(3001));
    EXPECT_NE(publisher.text(kAudio).find("0123456789ab_audio2_seg9.mp4\n"), std::string::npos);
    EXPECT_GT(publisher.text("0123456789ab_audio2_seg8.mp4").size(), 500U);
}

// A sound that stops must not hold its last sample back.
TEST(Muxer, SoundThatStopsIsServedToItsEnd) {
    Publisher publisher({video(), surround()});
    publisher.run_to(milliseconds(1000));
    publisher.silent[1] = true;
    publisher.run_to(milliseconds(4001));
    auto const bytes = [&](int segment) {
        auto const name = "0123456789ab_audio2_seg" + std::to_string(segment) + ".mp4";
        auto const answer = publisher.get(name);
        return answer.outcome == Outcome::ready ? answer.body.size : 0;
    };
    EXPECT_GT(bytes(7), 24 * 100U);
    // The 25th unit is in the next segment: its length was not known before.
    EXPECT_GT(bytes(9) + bytes(8), 100U);
    EXPECT_LT(bytes(9) + bytes(8), 250U);
    EXPECT_EQ(bytes(10), 0U);
}

TEST(Muxer, AStreamWithoutKeyFramesReachesTheLargestSegment) {
    auto with = settings();
    with.segment_max_size = 10'000;
    Publisher publisher({video()}, with);
    publisher.gop = milliseconds(1'000'000);
    publisher.push(0, milliseconds(0), true, 5000);
    publisher.push(0, milliseconds(40), false, 5000);
    EXPECT_TRUE(publisher.push(0, milliseconds(80), false, 5000));
    auto const last = publisher.push(0, milliseconds(120), false, 5000);
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().message, "reached maximum segment size");

    with.variant = Variant::mpegts;
    Publisher ts({video()}, with);
    ts.push(0, milliseconds(0), true, 5000);
    EXPECT_TRUE(ts.push(0, milliseconds(40), false, 5000));
    EXPECT_FALSE(ts.push(0, milliseconds(80), false, 5000));
}

// All parts of the open segment stand in the playlist, so it must end some day.
TEST(Muxer, ASegmentWithoutKeyFramesEndsAfterAMinute) {
    Publisher publisher({video()});
    publisher.gop = milliseconds(1'000'000);
    publisher.picture_size = 10;
    publisher.run_to(milliseconds(60'041));
    EXPECT_NE(publisher.text(kVideo).find("#EXT-X-TARGETDURATION:60\n"), std::string::npos);
    publisher.run_to(milliseconds(60'241));
    EXPECT_NE(publisher.text(kVideo).find("_part300.mp4\"\n#EXT-X-PRELOAD"), std::string::npos);
}

TEST(Muxer, TargetDurationOnlyGrows) {
    auto with = settings();
    Publisher publisher({video()}, with);
    publisher.gop = milliseconds(1000);
    publisher.run_to(milliseconds(3000));
    publisher.origin = milliseconds(3000);
    publisher.gop = milliseconds(4000);
    publisher.run_to(milliseconds(7041));
    EXPECT_NE(publisher.text(kVideo).find("#EXT-X-TARGETDURATION:4\n"), std::string::npos);
    EXPECT_EQ(
        publisher.muxer.take_warnings(),
        std::vector<std::string>{"segment duration changed from 1s to 4s - this will cause an "
                                 "error in iOS clients"});
    publisher.origin = milliseconds(7000);
    publisher.gop = milliseconds(1000);
    publisher.run_to(milliseconds(30'001));
    EXPECT_NE(publisher.text(kVideo).find("#EXT-X-TARGETDURATION:4\n"), std::string::npos);
    EXPECT_TRUE(publisher.muxer.take_warnings().empty());
}

TEST(Muxer, PartTargetFollowsTheParts) {
    Publisher publisher({video()});
    publisher.run_to(milliseconds(1001));
    publisher.push(0, milliseconds(1290), false, 10);
    EXPECT_EQ(
        publisher.muxer.take_warnings(),
        std::vector<std::string>{"part duration changed from 200ms to 290ms - this will cause "
                                 "an error in iOS clients"});
    EXPECT_NE(publisher.text(kVideo).find("PART-HOLD-BACK=0.72500,"), std::string::npos);
    EXPECT_NE(publisher.text(kVideo).find("PART-TARGET=0.29000\n"), std::string::npos);
}

// Slow pictures: each part holds at least one.
TEST(Muxer, PartsAreAsLongAsOnePicture) {
    Publisher publisher({video()});
    for (int i = 0; i < 4; ++i) publisher.push(0, seconds(i), true, 10);
    EXPECT_NE(publisher.text(kVideo).find("#EXT-X-PART:DURATION=1.00000,"), std::string::npos);
}

// What a router has kept since the last key frame comes all at once.
TEST(Muxer, TheTimeOfDayIsThatOfTheUnitsThatComeInTime) {
    Publisher publisher({video()});
    publisher.burst_until = milliseconds(600);
    publisher.run_to(milliseconds(2001));
    auto const list = publisher.text(kVideo);
    EXPECT_NE(list.find("2026-01-01T00:00:00.000Z\n"), std::string::npos) << list;
    EXPECT_NE(list.find("2026-01-01T00:00:01.000Z\n"), std::string::npos) << list;
}

TEST(Muxer, DeltaUpdatesLeaveOutWhatIsFarFromTheEnd) {
    auto with = settings();
    with.segment_count = 10;
    Publisher publisher({video()}, with);
    publisher.run_to(milliseconds(12'001));
    auto const full = publisher.text(kVideo);
    auto const delta = publisher.text(kVideo, "_HLS_skip=YES");
    auto const v2 = publisher.text(kVideo, "_HLS_skip=v2&_HLS_msn=18");
    EXPECT_EQ(delta, v2);
    auto const tail = full.substr(full.find("#EXTINF:1.00000,\n0123456789ab_video1_seg14.mp4"));
    EXPECT_EQ(delta.substr(delta.find("#EXT-X-MEDIA-SEQUENCE")),
              "#EXT-X-MEDIA-SEQUENCE:9\n#EXT-X-SKIP:SKIPPED-SEGMENTS=5\n" + tail);
    EXPECT_EQ(publisher.text(kVideo, "_HLS_skip=NO"), full);
}

TEST(Muxer, NothingIsSkippedOfAShortPlaylist) {
    auto with = settings();
    with.segment_duration = milliseconds(800);
    Publisher publisher({video()}, with);
    publisher.gop = milliseconds(800);
    publisher.run_to(milliseconds(1241));
    EXPECT_EQ(publisher.text(kVideo, "_HLS_skip=YES").find("SKIP:"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::hls
