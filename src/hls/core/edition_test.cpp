// What requests are answered.
#include "hls/core/edition.hpp"

#include <gtest/gtest.h>

#include "hls/core/test_publisher.hpp"

namespace tidegate::hls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::audio;
using test::kVideo;
using test::Publisher;
using test::settings;
using test::video;

std::string first_line(std::string const& text) {
    return text.substr(0, text.find('\n'));
}

// Segment 7 to 10 are finished, 11 has two parts.
Publisher running() {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(4441));
    return publisher;
}

TEST(Reload, IsAnsweredByTheTableOfTheSpecification) {
    auto const publisher = running();
    struct Case {
        char const* query;
        char const* answer;
    };
    Case const cases[] = {
        {"", "#EXTM3U"},
        {"_HLS_msn=", "#EXTM3U"},
        {"_HLS_msn=x", "bad request"},
        {"_HLS_msn=-1", "bad request"},
        {"_HLS_msn=99999999999999999999", "bad request"},
        {"_HLS_msn=11&_HLS_part=x", "bad request"},
        {"_HLS_part=1", "bad request"},
        // The window: 5 is as old as MediaMTX takes.
        {"_HLS_msn=4", "bad request"},
        {"_HLS_msn=5", "#EXTM3U"},
        {"_HLS_msn=10", "#EXTM3U"},
        {"_HLS_msn=11", "wait"},
        {"_HLS_msn=12", "wait"},
        {"_HLS_msn=13", "bad request"},
        {"_HLS_msn=18446744073709551615", "bad request"},
        // Parts.
        {"_HLS_msn=10&_HLS_part=4", "#EXTM3U"},
        {"_HLS_msn=10&_HLS_part=5", "#EXTM3U"},  // the first part of 11
        {"_HLS_msn=11&_HLS_part=0", "#EXTM3U"},
        {"_HLS_msn=11&_HLS_part=1", "#EXTM3U"},
        {"_HLS_msn=11&_HLS_part=2", "wait"},
        {"_HLS_msn=12&_HLS_part=0", "wait"},
        {"_HLS_msn=11&_HLS_part=17", "wait"},
        {"_HLS_msn=11&_HLS_part=18", "bad request"},  // three seconds of parts ahead
        {"_HLS_msn=11&_HLS_part=18446744073709551615", "bad request"},
    };
    for (auto const& c : cases) {
        EXPECT_EQ(first_line(publisher.text(kVideo, c.query)), c.answer) << c.query;
        EXPECT_EQ(first_line(publisher.text("audio2_stream.m3u8", c.query)), c.answer) << c.query;
    }
}

TEST(Reload, WaitsUntilTheLastPartIsThere) {
    auto publisher = running();
    publisher.run_to(milliseconds(4600));
    EXPECT_EQ(publisher.text(kVideo, "_HLS_msn=11&_HLS_part=2"), "wait");
    publisher.run_to(milliseconds(4601));
    EXPECT_EQ(first_line(publisher.text(kVideo, "_HLS_msn=11&_HLS_part=2")), "#EXTM3U");
    publisher.run_to(milliseconds(5000));
    EXPECT_EQ(publisher.text(kVideo, "_HLS_msn=11"), "wait");
    publisher.run_to(milliseconds(5001));
    EXPECT_EQ(first_line(publisher.text(kVideo, "_HLS_msn=11")), "#EXTM3U");
    // A part behind the last one of a segment is the first one of the next.
    EXPECT_EQ(publisher.text(kVideo, "_HLS_msn=11&_HLS_part=5"), "wait");
    publisher.run_to(milliseconds(5201));
    EXPECT_EQ(first_line(publisher.text(kVideo, "_HLS_msn=11&_HLS_part=5")), "#EXTM3U");
}

TEST(Reload, OfAnotherVariantDoesNotBlock) {
    for (auto const variant : {Variant::fmp4, Variant::mpegts}) {
        Publisher publisher({video(), audio()}, settings(variant));
        publisher.run_to(milliseconds(2001));
        auto const* const name = variant == Variant::fmp4 ? kVideo : "main_stream.m3u8";
        for (auto const* query : {"_HLS_msn=999", "_HLS_part=1", "_HLS_msn=x"}) {
            EXPECT_EQ(first_line(publisher.text(name, query)), "#EXTM3U") << query;
        }
    }
}

TEST(Edition, HasContentWithOneSegmentOrTwo) {
    struct Case {
        Variant variant;
        char const* playlist;
        int segments;
    };
    for (auto const& c : {Case{Variant::low_latency, kVideo, 1}, Case{Variant::fmp4, kVideo, 2},
                          Case{Variant::mpegts, "main_stream.m3u8", 1}}) {
        Publisher publisher({video(), audio()}, settings(c.variant));
        publisher.run_to(milliseconds(1000 * c.segments));
        EXPECT_EQ(publisher.text("index.m3u8"), "wait");
        EXPECT_EQ(publisher.text(c.playlist), "wait");
        publisher.run_to(milliseconds(1000 * c.segments + 1));
        EXPECT_EQ(first_line(publisher.text("index.m3u8")), "#EXTM3U");
        EXPECT_EQ(first_line(publisher.text(c.playlist)), "#EXTM3U");
    }
}

TEST(Edition, ServesMediaWhileItsSegmentIsThere) {
    auto publisher = running();
    auto const part = publisher.text("0123456789ab_video1_part5.mp4");
    auto const segment = publisher.text("0123456789ab_video1_seg8.mp4");
    EXPECT_TRUE(segment.starts_with(part));
    std::string joined;
    for (int i = 5; i < 10; ++i) {
        joined += publisher.text("0123456789ab_video1_part" + std::to_string(i) + ".mp4");
    }
    EXPECT_EQ(joined, segment);
    EXPECT_EQ(publisher.get("0123456789ab_video1_seg8.mp4").content_type, "video/mp4");
    EXPECT_EQ(publisher.get("0123456789ab_audio2_seg8.mp4").content_type, "audio/mp4");
    EXPECT_EQ(publisher.get("0123456789ab_audio2_init.mp4").content_type, "audio/mp4");
    EXPECT_EQ(publisher.get("0123456789ab_video1_seg8.mp4").max_age, kMediaMaxAge);

    publisher.run_to(milliseconds(15'001));  // 8 to 14 leave the list; 14 can still be had
    EXPECT_EQ(publisher.text("0123456789ab_video1_seg13.mp4"), "not found");
    EXPECT_EQ(publisher.text("0123456789ab_video1_part5.mp4"), "not found");
    EXPECT_EQ(publisher.text(kVideo).find("seg14.mp4"), std::string::npos);
    EXPECT_GT(publisher.text("0123456789ab_video1_seg14.mp4").size(), 1000U);
}

TEST(Edition, MediaOfOthersIsNotFound) {
    auto const publisher = running();
    for (auto const* name :
         {"0123456789ac_video1_seg8.mp4", "0123456789ab_video2_seg8.mp4",
          "0123456789ab_audio1_seg8.mp4", "0123456789ab_video1_seg11.mp4",
          "0123456789ab_video1_seg6.mp4", "0123456789ab_video1_part23.mp4",
          "0123456789ab_video1_init2.mp4", "0123456789ab_video1_seg8.ts", "video2_stream.m3u8",
          "main_stream.m3u8", "0123456789ab_video1_part18446744073709551615.mp4"}) {
        EXPECT_EQ(publisher.text(name), "not found") << name;
    }
}

TEST(Edition, TheHintedPartIsWaitedFor) {
    auto publisher = running();
    constexpr char kHinted[] = "0123456789ab_video1_part22.mp4";
    EXPECT_NE(publisher.text(kVideo).find(kHinted), std::string::npos);
    EXPECT_EQ(publisher.text(kHinted), "wait");
    publisher.run_to(milliseconds(4601));
    EXPECT_GT(publisher.text(kHinted).size(), 1000U);
}

TEST(Edition, TellsHowLongACacheMayKeepAPlaylist) {
    EXPECT_EQ(running().get(kVideo).max_age, std::nullopt);
    EXPECT_EQ(running().get("index.m3u8").max_age, kIndexMaxAge);
    Publisher publisher({video()}, settings(Variant::fmp4));
    publisher.gop = milliseconds(2000);
    publisher.run_to(milliseconds(4041));
    EXPECT_EQ(publisher.get(kVideo).max_age, seconds(2));
    EXPECT_EQ(publisher.get(kVideo).content_type, kPlaylistType);
}

TEST(Edition, RequestsAreHeldForThreeTargetDurations) {
    EXPECT_EQ(running().muxer.edition()->hold_time(), seconds(3));
    Publisher slow({video()});
    slow.gop = milliseconds(4000);
    slow.run_to(milliseconds(4041));
    EXPECT_EQ(slow.muxer.edition()->hold_time(), seconds(12));
    // One that was held for so long gets what there is.
    auto const request = make_request(*parse_file_name(kVideo), Query("_HLS_msn=8"), {});
    EXPECT_EQ(slow.muxer.edition()->answer(request).outcome, Outcome::wait);
    EXPECT_EQ(slow.muxer.edition()->latest(request).outcome, Outcome::ready);
}

TEST(Edition, StaysAsItIsWhenTheMuxerGoesOn) {
    auto publisher = running();
    auto const before = publisher.muxer.edition();
    auto const request = make_request(*parse_file_name("0123456789ab_video1_seg8.mp4"), {}, {});
    auto const size = before->answer(request).body.size;
    publisher.run_to(milliseconds(30'000));
    EXPECT_EQ(publisher.text("0123456789ab_video1_seg8.mp4"), "not found");
    EXPECT_EQ(before->answer(request).body.size, size);
    EXPECT_LT(before->version(), publisher.muxer.edition()->version());
}

TEST(Edition, MediaIsNotCopied) {
    Publisher publisher({video()});
    publisher.picture_size = 5000;
    publisher.run_to(milliseconds(1041));
    auto const one = publisher.get("0123456789ab_video1_part0.mp4");
    auto const other = publisher.get("0123456789ab_video1_seg7.mp4");
    ASSERT_EQ(one.body.parts.size(), 6U);  // a header and five pictures
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(one.body.parts[i].data(), other.body.parts[i].data());
    }
}

TEST(Edition, ListsItsFilesForADirectory) {
    auto const publisher = running();
    for (auto const& file : publisher.muxer.edition()->files()) {
        EXPECT_EQ(publisher.text(file.name), base::as_text(mp4::joined(file.content).view()))
            << file.name;
    }
    EXPECT_EQ(publisher.muxer.edition()->files().back().name, "index.m3u8");
    EXPECT_EQ(publisher.muxer.edition()->files().size(), 2 * (1 + 4 + 22 + 1) + 1U);
}

}  // namespace
}  // namespace tidegate::hls
