#include "orchestrator/core/traffic.hpp"

#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

using namespace std::chrono_literals;

constexpr Time kTrafficStart{1000s};

PathItem item(std::string name, std::uint64_t in, std::uint64_t out = 0, std::string source = "s") {
    PathItem made;
    made.name = std::move(name);
    made.online = true;
    made.source_id = std::move(source);
    made.inbound_bytes = in;
    made.outbound_bytes = out;
    made.tracks = std::make_shared<std::vector<PathTrack> const>(
        std::vector<PathTrack>{{.codec = "H264", .width = 320, .height = 180}});
    made.readers = 2;
    return made;
}

TEST(Traffic, BitratesAreThoseBetweenTwoLists) {
    Traffic traffic;
    traffic.update("r", {item("live/a/in", 1000, 10), item("live/a/out", 0)}, kTrafficStart);
    ASSERT_NE(traffic.find("a"), nullptr);
    EXPECT_EQ(traffic.find("a")->in.inbound_bitrate, std::nullopt);
    EXPECT_EQ(traffic.find("a")->in.readers, 2U);
    EXPECT_EQ(traffic.find("a")->in.tracks->at(0).codec, "H264");
    traffic.update("r", {item("live/a/in", 3000, 510), item("live/a/out", 500)},
                   kTrafficStart + 2s);
    EXPECT_EQ(traffic.find("a")->in.inbound_bitrate, 8000);
    EXPECT_EQ(traffic.find("a")->in.outbound_bitrate, 2000);
    EXPECT_EQ(traffic.find("a")->out.inbound_bitrate, 2000);
}

TEST(Traffic, ListsInQuickSuccessionKeepTheBitrate) {
    Traffic traffic;
    traffic.update("r", {item("live/a/in", 0)}, kTrafficStart);
    traffic.update("r", {item("live/a/in", 1000)}, kTrafficStart + 1s);
    traffic.update("r", {item("live/a/in", 9000)}, kTrafficStart + 1s + 20ms);
    EXPECT_EQ(traffic.find("a")->in.inbound_bitrate, 8000);
    traffic.update("r", {item("live/a/in", 2000)}, kTrafficStart + 2s);
    EXPECT_EQ(traffic.find("a")->in.inbound_bitrate, 8000);
}

TEST(Traffic, AnotherPublisherBeginsAnew) {
    Traffic traffic;
    traffic.update("r", {item("live/a/in", 5000)}, kTrafficStart);
    traffic.update("r", {item("live/a/in", 6000)}, kTrafficStart + 1s);
    traffic.update("r", {item("live/a/in", 100, 0, "other")}, kTrafficStart + 2s);
    EXPECT_EQ(traffic.find("a")->in.inbound_bitrate, std::nullopt);
    traffic.update("r", {item("live/a/in", 350, 0, "other")}, kTrafficStart + 3s);
    EXPECT_EQ(traffic.find("a")->in.inbound_bitrate, 2000);
}

TEST(Traffic, WhatTheListDoesNotShowIsForgotten) {
    Traffic traffic;
    traffic.update("r", {item("live/a/in", 0), item("live/a/out", 0), item("other", 0)},
                   kTrafficStart);
    EXPECT_TRUE(traffic.find("a")->out.online);
    EXPECT_EQ(traffic.find("other"), nullptr);
    auto offline = item("live/a/in", 9);
    traffic.update("r", {offline}, kTrafficStart + 1s);
    EXPECT_FALSE(traffic.find("a")->out.online);
    EXPECT_EQ(traffic.find("a")->out.tracks, nullptr);
    offline.online = false;
    traffic.update("r", {offline}, kTrafficStart + 2s);
    EXPECT_EQ(traffic.find("a"), nullptr);
}

TEST(Traffic, EachRouterTellsOfItsOwnStreams) {
    Traffic traffic;
    traffic.update("r", {item("live/a/in", 1)}, kTrafficStart);
    traffic.update("s", {item("live/b/in", 1)}, kTrafficStart);
    EXPECT_NE(traffic.find("a", "r"), nullptr);
    EXPECT_EQ(traffic.find("a", "s"), nullptr);
    EXPECT_EQ(traffic.find("a")->in.tracks, traffic.find("b")->in.tracks) << "kept once";
    traffic.update("s", {}, kTrafficStart + 1s);
    EXPECT_NE(traffic.find("a"), nullptr) << "the other router says nothing of it";
    traffic.look("r", item("live/c/in", 1), kTrafficStart + 1s);
    EXPECT_NE(traffic.find("c"), nullptr);
    traffic.drop_router("r");
    EXPECT_EQ(traffic.find("a"), nullptr);
}

}  // namespace
}  // namespace tidegate::orchestrator
