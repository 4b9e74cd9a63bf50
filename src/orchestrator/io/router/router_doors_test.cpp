#include "orchestrator/io/router/router_doors.hpp"

#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

TEST(RouterDoors, AreReadFromTheRoutersConfiguration) {
    auto const doors = parse_router_doors(
        R"({"rtmp":true,"rtmpAddress":":1935","rtmpEncryption":"no","rtsp":true,)"
        R"("rtspAddress":"127.0.0.1:8554","rtspsAddress":":8322","rtspEncryption":"strict","hls":true,)"
        R"("hlsAddress":":8888","hlsEncryption":true,"webrtc":false,"webrtcAddress":":8889",)"
        R"("playback":true,"playbackAddress":"127.0.0.1:9996"})");
    ASSERT_TRUE(doors);
    EXPECT_EQ(doors->rtmp, (Door{true, ":1935", false}));
    EXPECT_EQ(doors->rtsp, (Door{true, ":8322", true}));
    EXPECT_EQ(doors->hls, (Door{true, ":8888", true}));
    EXPECT_EQ(doors->webrtc, (Door{false, ":8889", false}));
    EXPECT_EQ(doors->srt, Door{});
    EXPECT_EQ(doors->playback, (Door{true, "127.0.0.1:9996", false}));
}

TEST(RouterDoors, ClientsMayReachThemByOtherPorts) {
    RouterDoors const inside{
        {true, ":1935", false}, {true, "10.0.0.1:8554", false}, {}, {}, {}, {}};
    EXPECT_EQ(seen_from_outside(inside, {}), inside);
    auto const outside = seen_from_outside(inside, {2935, 9554});
    EXPECT_EQ(outside.rtmp, (Door{true, ":2935", false}));
    EXPECT_EQ(outside.rtsp, (Door{true, ":9554", false}));
}

TEST(RouterDoors, OtherTypesAreShutAndOtherTextsAreErrors) {
    EXPECT_EQ(parse_router_doors(R"({"hls":"yes","hlsAddress":8888})")->hls, Door{});
    EXPECT_FALSE(parse_router_doors("[]"));
    EXPECT_FALSE(parse_router_doors("<html>"));
    EXPECT_FALSE(parse_router_doors(""));
}

}  // namespace
}  // namespace tidegate::orchestrator
