// RTSP sessions over real sockets, with the project's own client at the other end.
#include "router/rtsp/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "router/session/test_session.hpp"
#include "rtp/packet.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/rtcp.hpp"
#include "rtsp/io/client.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class RtspPeer final : public rtsp::ClientHandler {
public:
    // tracks: to publish; none: to read.
    RtspPeer(asio::ip::tcp::socket socket, net::EventLoop& loop, std::string const& stream,
             media::Tracks tracks = {})
        : client_(std::move(socket), loop,
                  {.url = *rtsp::parse_url("rtsp://127.0.0.1/" + stream), .publish = tracks}, {},
                  *this) {
        for (std::size_t i = 0; i < tracks.size(); ++i) {
            packetizers_.emplace_back(
                tracks[i],
                rtp::PacketizerSettings{.ssrc = 7,
                                        .channel = rtp::usual_channel(i),
                                        .payload_type = rtp::payload_type_of(tracks[i], i)});
        }
        loop.tasks().spawn("peer", run());
    }
    void on_streaming(std::vector<rtsp::ClientTrack> const& tracks) override {
        streaming = tracks.size();
    }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        if (rtcp) {
            ++reports;
        } else {
            packets.emplace_back(track, base::Bytes(packet.begin(), packet.end()));
        }
    }
    void send(media::Unit const& unit) {
        auto const train = packetizers_.at(unit.track).packetize(unit);
        client_.packets().push(train.bytes, train.packets);
        client_.packets().flush();
    }
    void stop() { client_.stop(); }
    void vanish() { client_.abandon("gone"); }

    std::size_t streaming = 0;
    std::size_t reports = 0;
    std::vector<std::pair<std::uint16_t, base::Bytes>> packets;
    std::optional<rtsp::ClientEnd> end;

private:
    asio::awaitable<void> run() { end = co_await client_.run(); }

    std::vector<rtp::Packetizer> packetizers_;
    rtsp::Client client_;
};

class RtspSessionTest : public SessionTest {
protected:
    void SetUp() override {
        configure_all(R"(
paths:
  '~^live/': {}
  full: {maxReaders: 1}
  there: {source: redirect, sourceRedirect: "rtsp://127.0.0.2/elsewhere"}
)");
    }
    asio::ip::tcp::socket session_end() {
        auto sockets = connected();
        spawn("session", RtspSession::run(std::move(sockets.second), loop_, services_, items_));
        return std::move(sockets.first);
    }
    RtspPeer* peer(std::string const& stream, media::Tracks tracks = {}) {
        return peers_
            .emplace_back(
                std::make_unique<RtspPeer>(session_end(), loop_, stream, std::move(tracks)))
            .get();
    }
    // One track: units of several wait for the sender reports of all.
    RtspPeer* publisher_of(std::string const& stream) {
        auto* const client = peer(stream, {picture_and_sound()[0]});
        EXPECT_TRUE(run_until([&] { return client->streaming == 1; }));
        EXPECT_NE(paths_.live(stream), nullptr);
        return client;
    }
    int refusal(std::string const& stream, media::Tracks tracks = {}) {
        auto* const client = peer(stream, std::move(tracks));
        EXPECT_TRUE(run_until([&] { return client->end.has_value(); }));
        return client->end->status;
    }
    // The answer to one request of raw text.
    std::string answer_to(std::string const& request) {
        auto socket = session_end();
        asio::write(socket, asio::buffer(request));
        std::string answer;
        bool read = false;
        asio::async_read_until(socket, asio::dynamic_buffer(answer), "\r\n\r\n",
                               [&](auto, auto) { read = true; });
        EXPECT_TRUE(run_until([&] { return read; }));
        return answer;
    }

private:
    RtspItems items_;
    // They live as long as their tasks may run.
    std::vector<std::unique_ptr<RtspPeer>> peers_;
};

TEST_F(RtspSessionTest, WhatIsPublishedBecomesUnitsOfThePath) {
    auto* const client = publisher_of("live/a");
    UnitReader reader(paths_.live("live/a"));
    auto const picture = unit(0, 40ms, 1);
    client->send(picture);
    client->send(unit(0, 80ms, 2, false));
    client->send(unit(0, 120ms, 3, false));
    ASSERT_TRUE(run_until([&] { return reader.items.size() >= 2; }));
    EXPECT_TRUE(reader.items[0].unit.keyframe);
    auto const payload = reader.items[0].unit.payload.view();
    ASSERT_GE(payload.size(), picture.payload.size());
    EXPECT_TRUE(std::ranges::equal(payload.last(picture.payload.size()), picture.payload.view()));
    EXPECT_FALSE(reader.items[1].unit.keyframe);
    EXPECT_EQ(reader.items[1].unit.dts - reader.items[0].unit.dts, 40ms);

    client->stop();
    EXPECT_TRUE(run_until([&] { return reader.ended; }));
    EXPECT_EQ(paths_.live("live/a"), nullptr);
}

TEST_F(RtspSessionTest, APublisherWhoseConnectionIsLostEndsItsStream) {
    auto* const client = publisher_of("live/a");
    client->vanish();
    EXPECT_TRUE(run_until([&] { return paths_.live("live/a") == nullptr; }));
}

TEST_F(RtspSessionTest, APublisherTakesTheOthersPlace) {
    auto* const first = publisher_of("live/a");
    auto const before = paths_.live("live/a");
    publisher_of("live/a");
    EXPECT_TRUE(run_until([&] { return first->end.has_value(); }));
    EXPECT_NE(paths_.live("live/a"), before);
}

TEST_F(RtspSessionTest, AReaderGetsPacketsFromAKeyframeOnAndSenderReports) {
    auto publication = begin("live/a");
    auto* const client = peer("live/a");
    ASSERT_TRUE(run_until([&] { return client->streaming == 2; }));
    EXPECT_EQ(paths_.snapshot("live/a")->readers->at(0).type, "rtspSession");
    publication.publish(unit(0, 0ms, 1, false));
    publication.publish(unit(0, 40ms, 2));
    publication.publish(unit(1, 45ms, 3));
    publication.publish(unit(0, 80ms, 4, false));
    ASSERT_TRUE(run_until(
        [&] { return !client->packets.empty() && client->packets.back().second.back() == 4; }));
    EXPECT_EQ(client->reports, 2U);
    std::vector<std::uint8_t> marks;
    for (auto const& [track, bytes] : client->packets) {
        if (bytes.back() <= 4) marks.push_back(bytes.back());
    }
    EXPECT_EQ(marks, (std::vector<std::uint8_t>{2, 3, 4})) << "1 came before the key frame";
}

TEST_F(RtspSessionTest, AReaderThatLeavesGivesItsSeatBack) {
    auto const publication = begin("full");
    for (bool const politely : {true, false}) {
        auto* const first = peer("full");
        ASSERT_TRUE(run_until([&] { return first->streaming == 2; }));
        EXPECT_EQ(readers_of("full"), 1U);
        EXPECT_EQ(refusal("full"), 400) << "one reader at most";
        politely ? first->stop() : first->vanish();
        ASSERT_TRUE(run_until([&] { return readers_of("full") == 0; }));
    }
}

TEST_F(RtspSessionTest, AReadersConnectionEndsWithTheStream) {
    RtspPeer* client = nullptr;
    {
        auto const publication = begin("live/a");
        client = peer("live/a");
        ASSERT_TRUE(run_until([&] { return client->streaming == 2; }));
    }
    EXPECT_TRUE(run_until([&] { return client->end.has_value(); }));
}

TEST_F(RtspSessionTest, SaysWhyItRefuses) {
    EXPECT_EQ(refusal("live/none"), 404);
    EXPECT_EQ(refusal("other"), 400);
    EXPECT_EQ(refusal("other", {picture_and_sound()[0]}), 400);
    EXPECT_THAT(answer_to("DESCRIBE rtsp://127.0.0.1/there RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
                testing::AllOf(HasSubstr("RTSP/1.0 302"),
                               HasSubstr("Location: rtsp://127.0.0.2/elsewhere")));
    configure_all(
        "authInternalUsers: [{user: a, pass: b, permissions: [{action: read}]}]\n"
        "paths: {'~^live/': {}}");
    EXPECT_THAT(answer_to("DESCRIBE rtsp://127.0.0.1/live/a RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
                testing::AllOf(HasSubstr("RTSP/1.0 401"), HasSubstr("WWW-Authenticate: Basic")));
}

TEST_F(RtspSessionTest, BytesThatAreNoRtspEndTheSession) {
    auto socket = session_end();
    EXPECT_EQ(loop_.tasks().size(), 1U);
    asio::write(socket, asio::buffer(std::string("\x03\x00\x00garbage\r\n\r\n", 14)));
    EXPECT_TRUE(run_until([&] { return loop_.tasks().size() == 0; }));
}

}  // namespace
}  // namespace tidegate::router
