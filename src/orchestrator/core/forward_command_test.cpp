#include "orchestrator/core/forward_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(ForwardCommand, NamesEverythingButTheSecret) {
    ForwardCommand const command{
        .program = {"stream-forwarder"},
        .routers =
            one_router("http://127.0.0.1:9997", "rtsp://127.0.0.1:8554", "rtmp://127.0.0.1:1935"),
        .login = {"worker", "pw"},
        .allow_private = true,
        .allowed = {"10.0.0.0/8"},
        .own_ports = {"1935", "9997"}};
    action::Spawn const spawn{1, "run", 1, {{kRevision, "abc"}}};
    auto const launch =
        forward_launch(command, {"x", "yt"}, "/s/x.yt.lock", spawn, "rtmp://h/live/k3y");
    EXPECT_THAT(launch.argv,
                ElementsAre("stream-forwarder", "--stream-id", "x", "--destination", "yt",
                            "--input", "rtsp://127.0.0.1:8554/live/x/out", "--output-fd", "3",
                            "--run-id", "run", "--lease", "/s/x.yt.lock",
                            "--allow-private-destinations", "--allow-destination", "10.0.0.0/8",
                            "--own-port", "1935", "--own-port", "9997"));
    EXPECT_EQ(launch.secret, "rtmp://h/live/k3y");
    EXPECT_THAT(launch.environment,
                ElementsAre("INPUT_USER=worker", "INPUT_PASSWORD=pw", "FORWARD_REVISION=abc"));
    EXPECT_THAT(launch.argv, Not(Contains(HasSubstr("k3y"))));
    auto const with = forward_works_with(command, {launch.argv, launch.environment});
    EXPECT_EQ(with.params, spawn.params);
    EXPECT_EQ(with.router, "127.0.0.1:9997");
    EXPECT_EQ(forward_works_with(command, {launch.argv, {"HOME=/"}}).params, Params{});
}

}  // namespace
}  // namespace tidegate::orchestrator
