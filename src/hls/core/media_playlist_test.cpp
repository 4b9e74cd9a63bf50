#include "hls/core/media_playlist.hpp"

#include <gtest/gtest.h>

#include "hls/core/test_publisher.hpp"

namespace tidegate::hls {
namespace {

using std::chrono::milliseconds;
using test::audio;
using test::Publisher;
using test::settings;
using test::video;

// What MediaMTX 1.20.1 prints, but for the report about the other rendition.
TEST(MediaPlaylist, OfTheFirstSegmentIsThatOfMediaMtxToTheByte) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(1441));
    EXPECT_EQ(publisher.text("video1_stream.m3u8", "_HLS_msn=8&session=x&_HLS_part=1"),
              "#EXTM3U\n"
              "#EXT-X-VERSION:10\n"
              "#EXT-X-TARGETDURATION:1\n"
              "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.50000,"
              "CAN-SKIP-UNTIL=6.00000\n"
              "#EXT-X-PART-INF:PART-TARGET=0.20000\n"
              "#EXT-X-MEDIA-SEQUENCE:1\n"
              "#EXT-X-MAP:URI=\"0123456789ab_video1_init.mp4?session=x\"\n"
              "#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n"
              "#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n"
              "#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n"
              "#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n"
              "#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n"
              "#EXT-X-GAP\n#EXTINF:1.00000,\ngap.mp4\n"
              "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n"
              "#EXT-X-PART:DURATION=0.20000,URI=\"0123456789ab_video1_part0.mp4?session=x\","
              "INDEPENDENT=YES\n"
              "#EXT-X-PART:DURATION=0.20000,URI=\"0123456789ab_video1_part1.mp4?session=x\"\n"
              "#EXT-X-PART:DURATION=0.20000,URI=\"0123456789ab_video1_part2.mp4?session=x\"\n"
              "#EXT-X-PART:DURATION=0.20000,URI=\"0123456789ab_video1_part3.mp4?session=x\"\n"
              "#EXT-X-PART:DURATION=0.20000,URI=\"0123456789ab_video1_part4.mp4?session=x\"\n"
              "#EXTINF:1.00000,\n"
              "0123456789ab_video1_seg7.mp4?session=x\n"
              "#EXT-X-PART:DURATION=0.20000,URI=\"0123456789ab_video1_part5.mp4?session=x\","
              "INDEPENDENT=YES\n"
              "#EXT-X-PART:DURATION=0.20000,URI=\"0123456789ab_video1_part6.mp4?session=x\"\n"
              "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"0123456789ab_video1_part7.mp4?session=x\"\n"
              "#EXT-X-RENDITION-REPORT:URI=\"audio2_stream.m3u8?session=x\",LAST-MSN=8,"
              "LAST-PART=1\n");
}

}  // namespace
}  // namespace tidegate::hls
