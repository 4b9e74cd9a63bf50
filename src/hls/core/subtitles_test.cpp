#include "hls/core/subtitles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hls/core/test_publisher.hpp"

namespace tidegate::hls {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::audio;
using test::settings;
using test::video;
using testing::HasSubstr;
using testing::Not;

constexpr char kSpanish[] = "subs1_stream.m3u8";
constexpr char kFrench[] = "subs2_stream.m3u8";
constexpr char kHead[] = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n";

media::Caption said(milliseconds start, milliseconds duration, std::string text,
                    std::string language = "es") {
    return {.language = std::move(language),
            .start = start,
            .duration = duration,
            .text = std::move(text)};
}

// A publisher of pictures and sound with captions: its times begin at 0, those of the output at
// 10 s; a segment lasts a second.
struct Captioned : test::Publisher {
    explicit Captioned(Settings with = settings(), std::vector<std::string> languages = {"es"})
        : Publisher({video(), audio()}, std::move(with), languages) {}
    std::string segment(int number, std::string_view stream = "subs1") const {
        return text(std::string("0123456789ab_") + std::string(stream) + "_seg" +
                    std::to_string(number) + ".vtt");
    }
};

TEST(Subtitles, AStreamWithoutCaptionsHasNoneOfThem) {
    test::Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(3001));
    EXPECT_FALSE(publisher.muxer.add_caption(said(seconds(1), seconds(1), "x")));
    EXPECT_THAT(publisher.text("index.m3u8"), Not(HasSubstr("SUBTITLES")));
    EXPECT_EQ(publisher.text(kSpanish), "not found");
    EXPECT_THAT(publisher.text(test::kVideo), Not(HasSubstr("subs")));
}

TEST(Subtitles, EachLanguageIsARenditionFromTheFirstIndexOn) {
    Captioned publisher(settings(), {"es", "pt-BR"});
    publisher.run_to(milliseconds(1001));
    EXPECT_THAT(publisher.text("index.m3u8", "session=1"),
                HasSubstr("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"audio2\",AUTOSELECT="
                          "YES,DEFAULT=YES,URI=\"audio2_stream.m3u8?session=1\"\n"
                          "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subs\",LANGUAGE=\"es\",NAME="
                          "\"es\",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,"
                          "URI=\"subs1_stream.m3u8?session=1\"\n"
                          "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subs\",LANGUAGE=\"pt-BR\",NAME="
                          "\"pt-BR\",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,"
                          "URI=\"subs2_stream.m3u8?session=1\"\n\n#EXT-X-STREAM-INF:"));
    EXPECT_THAT(publisher.text("index.m3u8"),
                HasSubstr(",AUDIO=\"audio\",SUBTITLES=\"subs\"\nvideo1_stream.m3u8\n"));
}

TEST(Subtitles, APictureAloneAndATransportStreamHaveThemToo) {
    test::Publisher alone({video()}, settings(), {"es"});
    alone.run_to(milliseconds(1001));
    EXPECT_THAT(alone.text("index.m3u8"), HasSubstr("#EXT-X-INDEPENDENT-SEGMENTS\n\n"
                                                    "#EXT-X-MEDIA:TYPE=SUBTITLES,"));
    EXPECT_THAT(alone.text("index.m3u8"), HasSubstr(",SUBTITLES=\"subs\"\nvideo1_stream.m3u8\n"));
    Captioned transport(settings(Variant::mpegts));
    transport.run_to(milliseconds(2001));
    EXPECT_THAT(transport.text("index.m3u8"), HasSubstr(",SUBTITLES=\"subs\"\nmain_stream.m3u8\n"));
    EXPECT_THAT(transport.text(kSpanish), HasSubstr("\n0123456789ab_subs1_seg1.vtt\n"));
    EXPECT_EQ(transport.segment(1), kHead);
    EXPECT_EQ(transport.text("0123456789ab_subs1_seg1.ts"), "not found");
    EXPECT_EQ(transport.text("0123456789ab_main_seg1.vtt"), "not found");
}

TEST(Subtitles, ThePlaylistIsInStepWithThatOfThePicture) {
    Captioned publisher;
    publisher.run_to(milliseconds(1201));
    EXPECT_EQ(publisher.text(kSpanish),
              "#EXTM3U\n#EXT-X-VERSION:10\n#EXT-X-TARGETDURATION:1\n"
              "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6.00000\n"
              "#EXT-X-MEDIA-SEQUENCE:1\n"
              "#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n"
              "#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n"
              "#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n"
              "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n"
              "#EXTINF:1.00000,\n0123456789ab_subs1_seg7.vtt\n");
    EXPECT_THAT(publisher.text(test::kVideo),
                HasSubstr("#EXT-X-RENDITION-REPORT:URI=\"audio2_stream.m3u8\",LAST-MSN=8,"
                          "LAST-PART=0\n"
                          "#EXT-X-RENDITION-REPORT:URI=\"subs1_stream.m3u8\",LAST-MSN=7\n"));
    EXPECT_EQ(publisher.get("0123456789ab_subs1_seg7.vtt").content_type, "text/vtt");
    for (auto const* const name : {"0123456789ab_subs1_seg7.mp4", "0123456789ab_subs1_part0.mp4",
                                   "0123456789ab_subs1_init.mp4", "0123456789ab_video1_seg7.vtt"}) {
        EXPECT_EQ(publisher.text(name), "not found") << name;
    }
}

TEST(Subtitles, AReloadWaitsForASegmentWhateverPartItNames) {
    Captioned publisher;
    publisher.run_to(milliseconds(1401));
    EXPECT_EQ(publisher.text(kSpanish, "_HLS_msn=7"), publisher.text(kSpanish));
    EXPECT_EQ(publisher.text(kSpanish, "_HLS_msn=8"), "wait");
    EXPECT_EQ(publisher.text(kSpanish, "_HLS_msn=8&_HLS_part=0"), "wait");
    EXPECT_EQ(publisher.text(kSpanish, "_HLS_msn=7&_HLS_part=4"), publisher.text(kSpanish));
    EXPECT_EQ(publisher.text(kSpanish, "_HLS_msn=20"), "bad request");
    publisher.run_to(milliseconds(2001));
    EXPECT_THAT(publisher.text(kSpanish, "_HLS_msn=8&_HLS_part=0"), HasSubstr("subs1_seg8.vtt"));
}

TEST(Subtitles, ACaptionStandsInEachSegmentOfItsTimeWithItsWholeTime) {
    Captioned publisher;
    publisher.run_to(milliseconds(4501));
    EXPECT_TRUE(publisher.muxer.add_caption(said(milliseconds(4800), milliseconds(1700), "uno")));
    EXPECT_TRUE(publisher.muxer.add_caption(said(milliseconds(6500), milliseconds(500), "a < b")));
    publisher.run_to(milliseconds(8001));
    std::string const first = "\n00:00:14.800 --> 00:00:16.500\nuno\n";
    std::string const second = "\n00:00:16.500 --> 00:00:17.000\na &lt; b\n";
    EXPECT_EQ(publisher.segment(10), kHead);
    EXPECT_EQ(publisher.segment(11), kHead + first + second);  // the second one is near
    EXPECT_EQ(publisher.segment(12), kHead + first + second);
    EXPECT_EQ(publisher.segment(13), kHead + first + second);
    EXPECT_EQ(publisher.segment(14), kHead);
}

TEST(Subtitles, OnlyWhatIsNearStandsInASegmentBeforeItsTime) {
    Captioned publisher;
    publisher.run_to(milliseconds(101));
    publisher.muxer.add_caption(said(milliseconds(5000), milliseconds(1000), "later"));
    publisher.run_to(milliseconds(3001));
    EXPECT_EQ(publisher.segment(7), kHead);
    EXPECT_THAT(publisher.segment(8), HasSubstr("00:00:15.000 --> 00:00:16.000\nlater\n"));
}

TEST(Subtitles, ALateCaptionStandsInTheSegmentThatIsOpenOrNowhere) {
    Captioned publisher;
    publisher.run_to(milliseconds(3201));
    EXPECT_FALSE(publisher.muxer.add_caption(said(seconds(1), seconds(2), "over")));
    EXPECT_TRUE(publisher.muxer.add_caption(said(seconds(1), milliseconds(2100), "late")));
    EXPECT_FALSE(publisher.muxer.add_caption(said(seconds(3), seconds(1), "x", "de")));
    publisher.run_to(milliseconds(5001));
    EXPECT_THAT(publisher.segment(9), Not(HasSubstr("late")));
    EXPECT_EQ(publisher.segment(10),
              kHead + std::string("\n00:00:11.000 --> 00:00:13.100\nlate\n"));
    EXPECT_EQ(publisher.segment(11), kHead);
}

TEST(Subtitles, ACaptionMayComeBeforeTheFirstPicture) {
    Captioned publisher;
    EXPECT_TRUE(publisher.muxer.add_caption(said(milliseconds(200), seconds(1), "early")));
    publisher.run_to(milliseconds(1001));
    EXPECT_THAT(publisher.segment(7), HasSubstr("00:00:10.200 --> 00:00:11.200\nearly\n"));
}

TEST(Subtitles, TheirNumberIsLimited) {
    Captioned publisher;
    publisher.run_to(milliseconds(101));
    std::size_t taken = 0;
    for (int i = 0; i < 1000; ++i) {
        taken += publisher.muxer.add_caption(said(seconds(1), seconds(60), "x")) ? 1 : 0;
    }
    EXPECT_EQ(taken, kMaxStandingCaptions);
    std::vector<std::string> many;
    for (char c = 'a'; c <= 'z'; ++c) many.push_back(std::string("x") + c);
    Captioned all(settings(), many);
    all.run_to(milliseconds(1001));
    EXPECT_NE(all.text("subs8_stream.m3u8"), "not found");
    EXPECT_EQ(all.text("subs9_stream.m3u8"), "not found");
}

TEST(Subtitles, APublisherThatComesBackGoesOnInItsStreams) {
    Captioned publisher(settings(), {"es", "fr"});
    publisher.run_to(milliseconds(3001));
    publisher.muxer.add_caption(said(milliseconds(3000), seconds(30), "of the first"));
    publisher.come_back({video(), audio()}, {"fr", "de"});
    publisher.now = publisher.origin = milliseconds(0);
    publisher.run_to(milliseconds(501));
    EXPECT_FALSE(publisher.muxer.add_caption(said(milliseconds(600), seconds(1), "x", "es")));
    EXPECT_TRUE(publisher.muxer.add_caption(said(milliseconds(600), seconds(1), "oui", "fr")));
    publisher.run_to(milliseconds(2001));
    auto const index = publisher.text("index.m3u8");
    EXPECT_THAT(index, Not(HasSubstr("LANGUAGE=\"es\"")));
    EXPECT_THAT(index, HasSubstr("LANGUAGE=\"fr\",NAME=\"fr\",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,"
                                 "URI=\"subs2_stream.m3u8\""));
    EXPECT_THAT(index, HasSubstr("URI=\"subs3_stream.m3u8\""));
    EXPECT_THAT(publisher.text(kFrench), HasSubstr("#EXT-X-DISCONTINUITY\n"));
    EXPECT_THAT(publisher.text(kFrench), Not(HasSubstr("EXT-X-MAP")));
    // The new language has gaps where there was none of it.
    EXPECT_THAT(publisher.text("subs3_stream.m3u8"), HasSubstr("#EXTINF:1.00000,\ngap.mp4\n"));
    EXPECT_THAT(publisher.segment(11, "subs2"), HasSubstr("oui"));
    for (int number = 11; number < 13; ++number) {
        EXPECT_THAT(publisher.segment(number, "subs1"), Not(HasSubstr("of the first"))) << number;
    }
}

TEST(Subtitles, TheTimestampMapFollowsTheClockOfMpegTs) {
    EXPECT_EQ(timestamp_map(seconds(10)), "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000");
    EXPECT_EQ(timestamp_map(hours(26)), "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000");
    // The clock begins anew after 2^33 / 90,000 s = 95,443.717689 s.
    EXPECT_EQ(timestamp_map(hours(27)), "X-TIMESTAMP-MAP=MPEGTS:25408,LOCAL:26:30:44.000");
    EXPECT_EQ(timestamp_map(hours(60)), "X-TIMESTAMP-MAP=MPEGTS:50816,LOCAL:53:01:28.000");
}

}  // namespace
}  // namespace tidegate::hls
