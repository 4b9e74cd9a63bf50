// Publishers that go and come back, configurations and times that change: what readers see.
#include <gtest/gtest.h>

#include "hls/core/test_publisher.hpp"

namespace tidegate::hls {
namespace {

using std::chrono::milliseconds;
using test::audio;
using test::kAudio;
using test::kVideo;
using test::Publisher;
using test::settings;
using test::video;

bool has(std::string const& text, std::string_view piece) {
    return text.find(piece) != std::string::npos;
}

std::size_t count(std::string const& text, std::string_view piece) {
    std::size_t found = 0;
    for (auto at = text.find(piece); at != text.npos; at = text.find(piece, at + 1)) ++found;
    return found;
}

// A publisher with other pictures, whose times begin at 0 again.
void run_again(Publisher& publisher, std::vector<Source> sources, milliseconds length) {
    publisher.come_back(std::move(sources));
    publisher.now = publisher.origin = milliseconds(0);
    publisher.run_to(length);
}

TEST(Publications, WhatIsThereBecomesTheLastSegment) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(1300));
    auto const made = publisher.muxer.finish_publication();
    ASSERT_TRUE(made && *made);
    auto const list = publisher.text(kVideo);
    EXPECT_TRUE(has(list, "#EXTINF:0.32000,\n0123456789ab_video1_seg8.mp4\n")) << list;
    EXPECT_FALSE(has(list, "ENDLIST"));
    EXPECT_EQ(publisher.text(kVideo, "_HLS_msn=9"), "wait");
    EXPECT_EQ(publisher.text("0123456789ab_video1_part7.mp4"), "wait");
    EXPECT_FALSE(*publisher.push(0, milliseconds(1320), true, 10));
    auto const again = publisher.muxer.finish_publication();
    EXPECT_TRUE(again && !*again);
}

TEST(Publications, AReturnIsADiscontinuity) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(1001));
    run_again(publisher, {video(), audio()}, milliseconds(241));
    // While it is open, its parts stand behind the tag.
    auto const open = publisher.text(kVideo);
    EXPECT_TRUE(has(open,
                    "_seg8.mp4\n#EXT-X-DISCONTINUITY\n"
                    "#EXT-X-PART:DURATION=0.20000,URI=\"0123456789ab_video1_part7.mp4\","
                    "INDEPENDENT=YES\n"))
        << open;
    EXPECT_TRUE(has(publisher.text(kAudio), "_seg8.mp4\n#EXT-X-DISCONTINUITY\n"));
    publisher.run_to(milliseconds(1001));
    EXPECT_TRUE(
        has(publisher.text(kVideo), "_seg8.mp4\n#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:"));
    // The same tracks need no other init segment.
    EXPECT_EQ(count(publisher.text(kVideo), "EXT-X-MAP"), 1U);
}

// Readers that wait for the hinted part would take it for one of the old timeline.
TEST(Publications, ThePartThatWasHintedDoesNotCome) {
    Publisher publisher({video()});
    publisher.run_to(milliseconds(1201));
    ASSERT_TRUE(publisher.muxer.finish_publication());
    EXPECT_EQ(publisher.text("0123456789ab_video1_part7.mp4"), "wait");
    EXPECT_TRUE(has(publisher.text(kVideo), "part7.mp4\"\n"));
    std::vector<Source> const again{video()};
    ASSERT_TRUE(*publisher.muxer.begin_publication(again));
    EXPECT_EQ(publisher.text("0123456789ab_video1_part7.mp4"), "not found");
    EXPECT_TRUE(has(publisher.text(kVideo), "part8.mp4\"\n"));
    EXPECT_EQ(publisher.text("0123456789ab_video1_part8.mp4"), "wait");
}

TEST(Publications, DiscontinuitiesThatLeaveThePlaylistAreCounted) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(2001));
    run_again(publisher, {video(), audio()}, milliseconds(2001));
    run_again(publisher, {video(), audio()}, milliseconds(5001));
    auto const list = publisher.text(kVideo);  // 11, whose tag has left, 12, and 13 to 17
    EXPECT_TRUE(has(list, "#EXT-X-MEDIA-SEQUENCE:11\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n")) << list;
    EXPECT_EQ(count(list, "#EXT-X-DISCONTINUITY\n"), 1U);
    publisher.run_to(milliseconds(10'001));
    EXPECT_TRUE(has(publisher.text(kAudio), "#EXT-X-DISCONTINUITY-SEQUENCE:2\n"));
    EXPECT_EQ(count(publisher.text(kAudio), "#EXT-X-DISCONTINUITY\n"), 0U);
}

TEST(Publications, OtherTracksGetOtherInitSegments) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(1001));
    auto const before = publisher.text("0123456789ab_video1_init.mp4");
    Source const h265{.track = {media::test::h265_1080p()}};
    Source const opus{.track = {media::OpusConfig{}}};
    run_again(publisher, {opus, h265}, milliseconds(1001));
    EXPECT_TRUE(has(publisher.text(kVideo),
                    "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"0123456789ab_video1_init2.mp4\"\n"));
    EXPECT_EQ(publisher.text("0123456789ab_video1_init.mp4"), before);
    EXPECT_TRUE(has(publisher.text("0123456789ab_video1_init2.mp4"), "hvc1"));
    EXPECT_TRUE(has(publisher.text("0123456789ab_audio2_init2.mp4"), "Opus"));
    EXPECT_TRUE(has(publisher.text("index.m3u8"), "opus\",RESOLUTION=1920x1080"));
    // The first one goes with the last segment that needs it.
    publisher.run_to(milliseconds(12'001));
    EXPECT_EQ(publisher.text("0123456789ab_video1_init.mp4"), "not found");
    EXPECT_TRUE(
        has(publisher.text(kVideo), "#EXT-X-MAP:URI=\"0123456789ab_video1_init2.mp4\"\n#EXTINF"));
}

TEST(Publications, ASoundThatComesOnlyNowJoinsWithGaps) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(2001));
    run_again(publisher, {video(), audio(), audio("es")}, milliseconds(1001));
    auto const first = publisher.text(kAudio);
    auto const second = publisher.text("audio3_stream.m3u8");
    auto const sequence = [](std::string const& list) {
        auto const at = list.find("#EXT-X-MEDIA-SEQUENCE");
        return list.substr(at, list.find('\n', at) - at);
    };
    EXPECT_EQ(sequence(first), sequence(second));
    EXPECT_EQ(count(first, "#EXTINF"), count(second, "#EXTINF"));
    EXPECT_TRUE(has(second,
                    "gap.mp4\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"0123456789ab_audio3_init.mp4\""
                    "\n#EXT-X-PROGRAM-DATE-TIME"))
        << second;
    EXPECT_TRUE(has(publisher.text("index.m3u8"), "LANGUAGE=\"es\",NAME=\"audio3\""));
}

TEST(Publications, ASoundThatIsGoneGoesOnAsGaps) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(2001));
    run_again(publisher, {video()}, milliseconds(1001));
    EXPECT_TRUE(has(publisher.text(kAudio), "#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n"));
    EXPECT_FALSE(has(publisher.text("index.m3u8"), "audio"));
    run_again(publisher, {video(), audio()}, milliseconds(1001));
    EXPECT_TRUE(has(publisher.text("index.m3u8"), "audio2_stream.m3u8"));
    EXPECT_TRUE(has(publisher.text(kAudio), "0123456789ab_audio2_seg12.mp4\n"));
}

TEST(Publications, APictureCannotComeOrGo) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(1001));
    std::vector<Source> const sound{audio()};
    EXPECT_FALSE(publisher.muxer.begin_publication(sound));
    EXPECT_FALSE(publisher.muxer.begin_publication({}));
    // It is as it was.
    publisher.run_to(milliseconds(3001));
    EXPECT_TRUE(has(publisher.text(kVideo), "_seg9.mp4\n"));
    EXPECT_FALSE(has(publisher.text(kVideo), "DISCONTINUITY"));
}

TEST(Publications, AnotherConfigurationIsADiscontinuity) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(1500));
    publisher.muxer.set_track(0, {media::test::h264_main_360p()});
    // The next key frame ends the segment, however short it is.
    publisher.push(0, milliseconds(1520), true, 10);
    auto const list = publisher.text(kVideo);
    EXPECT_TRUE(has(list, "#EXTINF:0.52000,\n0123456789ab_video1_seg8.mp4\n")) << list;
    publisher.push(0, milliseconds(1720), false, 10);
    EXPECT_TRUE(has(publisher.text(kVideo),
                    "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"0123456789ab_video1_init2.mp4\"\n"));
    EXPECT_TRUE(has(publisher.text(kAudio), "#EXT-X-DISCONTINUITY\n"));
}

TEST(Publications, TheSameConfigurationAgainChangesNothing) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(1500));
    publisher.muxer.set_track(0, video().track);
    publisher.muxer.set_track(1, audio().track);
    publisher.run_to(milliseconds(3001));
    EXPECT_FALSE(has(publisher.text(kVideo), "DISCONTINUITY"));
    EXPECT_EQ(count(publisher.text(kAudio), "EXT-X-MAP"), 1U);
}

TEST(Publications, AnotherConfigurationIsADiscontinuityInMpegTs) {
    Publisher publisher({video(), audio()}, settings(Variant::mpegts));
    publisher.run_to(milliseconds(1500));
    publisher.muxer.set_track(0, video().track);
    publisher.run_to(milliseconds(3500));
    EXPECT_FALSE(has(publisher.text("main_stream.m3u8"), "DISCONTINUITY"));
    publisher.muxer.set_track(0, {media::test::h264_main_360p()});
    publisher.run_to(milliseconds(5001));
    EXPECT_TRUE(has(publisher.text("main_stream.m3u8"),
                    "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:04.000Z\n"));
}

TEST(Publications, ParameterSetsMayComeLater) {
    Source const bare{.track = {media::H264Config{}}};
    Publisher publisher({bare});
    publisher.run_to(milliseconds(500));
    publisher.muxer.set_track(0, video().track);
    publisher.run_to(milliseconds(2001));
    EXPECT_TRUE(has(publisher.text(kVideo), "2026-01-01T00:00:01.000Z\n"));
    EXPECT_FALSE(has(publisher.text(kVideo), "DISCONTINUITY"));
}

// Those of the publisher before are not for its pictures.
TEST(Publications, ParameterSetsMayComeLaterThanTheReturn) {
    Source const bare{.track = {media::H264Config{}}};
    Publisher publisher({video()});
    publisher.run_to(milliseconds(1001));
    run_again(publisher, {bare}, milliseconds(1500));
    EXPECT_FALSE(has(publisher.text(kVideo), "DISCONTINUITY"));
    publisher.muxer.set_track(0, {media::test::h264_main_360p()});
    publisher.run_to(milliseconds(3001));
    EXPECT_TRUE(has(publisher.text(kVideo),
                    "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"0123456789ab_video1_"
                    "init2.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:"
                    "02.000Z\n"))
        << publisher.text(kVideo);
}

TEST(Publications, TimesThatJumpAreADiscontinuity) {
    for (auto const jump : {milliseconds(60'000), milliseconds(-5000)}) {
        Publisher publisher({video(), audio()});
        publisher.run_to(milliseconds(10'400));
        auto const before = publisher.text(kVideo);
        publisher.now += jump;
        publisher.origin = publisher.now + milliseconds(200);  // the next key frame
        publisher.run_to(publisher.now + milliseconds(1241));
        auto const list = publisher.text(kVideo);
        EXPECT_EQ(count(list, "#EXT-X-DISCONTINUITY\n"), 1U) << list;
        EXPECT_TRUE(has(list, "#EXTINF:0.40000,\n0123456789ab_video1_seg17.mp4\n")) << list;
        EXPECT_TRUE(has(list, "#EXT-X-TARGETDURATION:1\n"));
    }
}

TEST(Publications, SmallStepsBackAreNot) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(1400));
    publisher.now -= milliseconds(200);
    publisher.run_to(milliseconds(3001));
    EXPECT_FALSE(has(publisher.text(kVideo), "DISCONTINUITY"));
}

TEST(Publications, MpegTsGoesOnAsWell) {
    Publisher publisher({video(), audio()}, settings(Variant::mpegts));
    publisher.run_to(milliseconds(1500));
    run_again(publisher, {video(), audio()}, milliseconds(1001));
    EXPECT_TRUE(has(publisher.text("main_stream.m3u8"),
                    "0123456789ab_main_seg1.ts\n#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:"
                    "2026-01-01T00:00:00.000Z\n#EXTINF:1.00000,\n0123456789ab_main_seg2.ts\n"))
        << publisher.text("main_stream.m3u8");
}

}  // namespace
}  // namespace tidegate::hls
