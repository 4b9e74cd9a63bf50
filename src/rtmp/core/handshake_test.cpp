#include "rtmp/core/handshake.hpp"

#include <gtest/gtest.h>

#include "rtmp/core/golden_messages.hpp"

namespace tidegate::rtmp::test {
namespace {

base::Bytes hello(std::uint8_t version, base::ByteView c1) {
    return joined({base::Bytes{version}, c1});
}

TEST(ServerHandshake, AnswersWithAHelloWithoutVersionAndAnEchoAtEverySplit) {
    auto const c1 = pattern(kHandshakePacketSize);
    auto const wire = joined({hello(3, c1), base::Bytes(kHandshakePacketSize, 0xEE), hex("aabb")});
    for (std::size_t split = 0; split <= wire.size(); split += 61) {
        ServerHandshake handshake(7);
        base::Bytes output;
        auto first = base::ByteView(wire).first(split);
        auto second = base::ByteView(wire).subspan(split);
        ASSERT_TRUE(handshake.feed(first, output));
        EXPECT_EQ(output.empty(), split < 1 + kHandshakePacketSize);
        ASSERT_TRUE(handshake.feed(second, output));
        EXPECT_TRUE(handshake.done());
        EXPECT_EQ(first.size() + second.size(), 2U) << "what follows C2 is left";
        ASSERT_EQ(output.size(), 1 + 2 * kHandshakePacketSize);
        EXPECT_EQ(output[0], 3);
        EXPECT_EQ(base::Bytes(output.begin() + 1, output.begin() + 9), base::Bytes(8));
        EXPECT_EQ(base::Bytes(output.begin() + 1 + kHandshakePacketSize, output.end()), c1);
    }
}

TEST(ServerHandshake, IsNotDoneBeforeTheWholeC2) {
    ServerHandshake handshake(7);
    base::Bytes output;
    auto const wire = client_hello();
    auto all_but_one = base::ByteView(wire).first(wire.size() - 1);
    ASSERT_TRUE(handshake.feed(all_but_one, output));
    EXPECT_FALSE(handshake.done());
    auto last = base::ByteView(wire).last(1);
    ASSERT_TRUE(handshake.feed(last, output));
    EXPECT_TRUE(handshake.done());
}

TEST(ServerHandshake, RefusesOtherVersionsAtTheFirstByte) {
    struct Row {
        std::uint8_t version;
        std::string_view error;
    };
    for (auto const& row :
         {Row{0, "invalid rtmp version (0)"}, Row{2, "invalid rtmp version (2)"},
          Row{6, "encrypted RTMP (RTMPE) is not supported"}, Row{31, "invalid rtmp version (31)"},
          Row{'G', "invalid rtmp version (71)"}, Row{255, "invalid rtmp version (255)"}}) {
        ServerHandshake handshake(7);
        base::Bytes output;
        base::Bytes const wire{row.version};
        auto view = base::ByteView(wire);
        auto const fed = handshake.feed(view, output);
        ASSERT_FALSE(fed);
        EXPECT_EQ(fed.error().text, row.error);
        EXPECT_TRUE(output.empty());
    }
}

TEST(ServerHandshake, SendsOtherBytesForAnotherSeed) {
    auto const answer = [](std::uint64_t seed) {
        ServerHandshake handshake(seed);
        base::Bytes output;
        auto const wire = client_hello();
        auto view = base::ByteView(wire);
        EXPECT_TRUE(handshake.feed(view, output));
        return output;
    };
    EXPECT_EQ(answer(1), answer(1));
    EXPECT_NE(answer(1), answer(2));
}

TEST(ClientHandshake, CompletesWithTheServersHalfAtEverySplit) {
    ServerHandshake server(1);
    ClientHandshake starter(2);
    base::Bytes c0c1, answer;
    starter.start(c0c1);
    auto view = base::ByteView(c0c1);
    ASSERT_TRUE(server.feed(view, answer));
    for (std::size_t split = 0; split <= answer.size(); split += 53) {
        ClientHandshake client(2);
        base::Bytes c2;
        auto first = base::ByteView(answer).first(split);
        auto second = base::ByteView(answer).subspan(split);
        ASSERT_TRUE(client.feed(first, c2));
        ASSERT_TRUE(client.feed(second, c2));
        EXPECT_TRUE(client.done());
        EXPECT_EQ(c2, base::Bytes(answer.begin() + 1, answer.begin() + 1 + kHandshakePacketSize));
    }
}

TEST(ClientHandshake, RefusesAServerOfAnotherVersion) {
    ClientHandshake client(2);
    base::Bytes output;
    auto const wire = text_bytes("HTTP/1.1 400");
    auto view = base::ByteView(wire);
    auto const fed = client.feed(view, output);
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().text, "invalid rtmp version (72)");
}

}  // namespace
}  // namespace tidegate::rtmp::test
