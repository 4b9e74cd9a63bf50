#include "sts/core/packet.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "sts/core/golden_frames.hpp"

namespace tidegate::sts {
namespace {

struct PacketCase {
    std::string_view frame;
    Packet packet;
};

std::vector<PacketCase> packet_cases() {
    using enum PacketKind;
    return {
        {"2", {.kind = ping}},
        {"2probe", {.kind = ping, .data = "probe"}},
        {"3", {.kind = pong}},
        {"1", {.kind = close}},
        {"5", {.kind = upgrade}},
        {"6", {.kind = noop}},
        {"40", {.kind = connect}},
        {R"(40{"sid":"B"})", {.kind = connect, .data = R"({"sid":"B"})"}},
        {R"(40/sts,{"a":1})", {.kind = connect, .name_space = "/sts", .data = R"({"a":1})"}},
        {"41", {.kind = disconnect}},
        {R"(42["e"])", {.kind = event, .data = R"(["e"])"}},
        {R"(4213["e"])", {.kind = event, .id = 13, .data = R"(["e"])"}},
        {R"(42/sts,13["e"])", {.kind = event, .name_space = "/sts", .id = 13, .data = R"(["e"])"}},
        {"431[]", {.kind = ack, .id = 1, .data = "[]"}},
        {R"(44{"message":"no"})", {.kind = connect_error, .data = R"({"message":"no"})"}},
    };
}

TEST(Packet, IsReadAndWritten) {
    for (auto const& [frame, packet] : packet_cases()) {
        auto const read = parse_packet(frame);
        ASSERT_TRUE(read) << frame << ": " << read.error();
        EXPECT_EQ(*read, packet) << frame;
        EXPECT_EQ(write_packet(packet), frame);
    }
}

TEST(Packet, TheOpenPacketHasItsJson) {
    auto const open = parse_packet(golden::kOpen);
    ASSERT_TRUE(open);
    EXPECT_EQ(open->kind, PacketKind::open);
    EXPECT_EQ(open->data, golden::kOpen.substr(1));
}

TEST(Packet, ABinaryEventIsReadWithoutItsAttachments) {
    auto const event = parse_packet(R"(451-["e",{"_placeholder":true,"num":0}])");
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, PacketKind::binary_event);
    EXPECT_EQ(event->data, R"(["e",{"_placeholder":true,"num":0}])");
    EXPECT_FALSE(parse_packet("45[]"));
    EXPECT_FALSE(parse_packet("451[]"));
}

TEST(Packet, WhatIsNoneIsRefusedWithASentence) {
    EXPECT_EQ(parse_packet("").error(), "an empty packet");
    EXPECT_EQ(parse_packet("4").error(), "a message without a packet type");
    EXPECT_EQ(parse_packet("9").error(), "unknown packet type '9'");
    EXPECT_EQ(parse_packet("47").error(), "unknown packet type '7'");
    EXPECT_EQ(parse_packet("\xff").error(), "unknown packet type");
    EXPECT_EQ(parse_packet("{}").error(), "unknown packet type '{'");
}

TEST(Packet, DataIsNotTakenForANamespace) {
    Packet const packet{.kind = PacketKind::event, .data = "/x"};
    EXPECT_EQ(parse_packet(write_packet(packet)), packet);
}

TEST(Packet, ANumberThatIsTooLargeIsNoId) {
    auto const packet = parse_packet("4299999999999999999999[\"e\"]");
    ASSERT_TRUE(packet);
    EXPECT_FALSE(packet->id);
}

}  // namespace
}  // namespace tidegate::sts
