// RTMP sessions over real sockets, with the project's own client at the other end.
#include "router/rtmp/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/write.hpp>

#include "flv/writer.hpp"
#include "router/session/test_session.hpp"
#include "rtmp/core/media_message.hpp"
#include "rtmp/core/play_start.hpp"
#include "rtmp/io/client.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RtmpPeer final : public rtmp::ClientHandler {
public:
    RtmpPeer(asio::ip::tcp::socket socket, net::EventLoop& loop, std::string const& stream,
             rtmp::ClientMode mode)
        : client_(std::move(socket), loop, *rtmp::parse_client_url("rtmp://127.0.0.1/" + stream),
                  mode, {}, *this) {
        loop.tasks().spawn("peer", run());
    }
    void on_accepted() override { accepted = true; }
    void on_media(rtmp::MediaMessage&& message) override { media.push_back(std::move(message)); }

    void send_headers(media::Tracks const& tracks) {
        rtmp::MessageHeader const data{rtmp::MessageType::data_amf0, rtmp::kDataChunkStream,
                                       client_.message_stream_id(), 0};
        client_.media().push_reply(
            rtmp::write_media_message(data, {}, rtmp::write_published_metadata(tracks)));
        for (auto const& track : tracks) {
            push(track, 0ms, flv::write_sequence_header(track, flv::Form::enhanced), {});
        }
    }
    void send(media::Tracks const& tracks, media::Unit const& unit) {
        auto const& track = tracks.at(unit.track);
        push(track, unit.dts, flv::write_frame_header(track, unit, flv::Form::enhanced).view(),
             unit.payload.view());
    }
    void stop() { client_.stop(); }
    void vanish() { client_.abandon("gone"); }

    bool accepted = false;
    std::vector<rtmp::MediaMessage> media;
    std::optional<rtmp::ClientEnd> end;

private:
    asio::awaitable<void> run() { end = co_await client_.run(); }
    void push(media::Track const& track, base::Timestamp at, base::ByteView prefix,
              base::ByteView payload) {
        auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(at).count();
        auto header =
            track.kind() == media::Kind::video ? rtmp::video_header(ms) : rtmp::audio_header(ms);
        header.message_stream_id = client_.message_stream_id();
        client_.media().push_reply(rtmp::write_media_message(header, prefix, payload));
        client_.media().flush();
    }

    rtmp::Client client_;
};

// Media ends the wait for headers of further tracks.
media::Unit first_sound() {
    media::Unit unit;
    unit.track = 1;
    unit.payload = base::SharedBytes::copy_of(base::Bytes{0x21, 0x10});
    return unit;
}

class RtmpSessionTest : public SessionTest {
protected:
    void SetUp() override { configure_all("paths: {'~^live/': {}, full: {maxReaders: 1}}"); }
    // A client with a session at the other end.
    RtmpPeer* peer(std::string const& stream, rtmp::ClientMode mode) {
        auto sockets = connected();
        spawn("session", RtmpSession::run(std::move(sockets.second), loop_, services_, conns_));
        return peers_
            .emplace_back(std::make_unique<RtmpPeer>(std::move(sockets.first), loop_, stream, mode))
            .get();
    }
    RtmpPeer* publisher_of(std::string const& stream) {
        auto* const client = peer(stream, rtmp::ClientMode::publish);
        EXPECT_TRUE(run_until([&] { return client->accepted; }));
        client->send_headers(picture_and_sound());
        client->send(picture_and_sound(), first_sound());
        EXPECT_TRUE(run_until([&] { return paths_.live(stream) != nullptr; }));
        return client;
    }
    // The reason with which the server refuses the client.
    std::string refusal(std::string const& stream, rtmp::ClientMode mode) {
        auto* const client = peer(stream, mode);
        EXPECT_TRUE(run_until([&] { return client->end.has_value(); }));
        return client->end->refused ? client->end->reason : "accepted";
    }

    RtmpConns conns_;

private:
    // They live as long as their tasks may run.
    std::vector<std::unique_ptr<RtmpPeer>> peers_;
};

TEST_F(RtmpSessionTest, WhatIsPublishedBecomesUnitsOfThePath) {
    auto* const client = publisher_of("live/a");
    EXPECT_EQ(paths_.live("live/a")->tracks()->size(), 2U);
    UnitReader reader(paths_.live("live/a"));
    auto const picture = unit(0, 40ms, 1);
    auto const sound = unit(1, 45ms, 2);
    client->send(picture_and_sound(), picture);
    client->send(picture_and_sound(), sound);
    client->send(picture_and_sound(), unit(0, 80ms, 3, false));
    ASSERT_TRUE(run_until([&] { return reader.items.size() == 3; }));
    EXPECT_TRUE(std::ranges::equal(reader.items[0].unit.payload.view(), picture.payload.view()));
    EXPECT_TRUE(reader.items[0].unit.keyframe);
    EXPECT_EQ(reader.items[0].unit.dts, 40ms);
    EXPECT_TRUE(std::ranges::equal(reader.items[1].unit.payload.view(), sound.payload.view()));
    EXPECT_EQ(reader.items[1].unit.track, 1);
    EXPECT_FALSE(reader.items[2].unit.keyframe);

    client->stop();
    EXPECT_TRUE(run_until([&] { return reader.ended; }));
    EXPECT_EQ(paths_.live("live/a"), nullptr);
}

TEST_F(RtmpSessionTest, APublisherWhoseConnectionIsLostEndsItsStream) {
    auto* const client = publisher_of("live/a");
    client->vanish();
    EXPECT_TRUE(run_until([&] { return paths_.live("live/a") == nullptr; }));
}

TEST_F(RtmpSessionTest, APublisherTakesTheOthersPlace) {
    auto* const first = publisher_of("live/a");
    auto const before = paths_.live("live/a");
    auto* const second = peer("live/a", rtmp::ClientMode::publish);
    ASSERT_TRUE(run_until([&] { return second->accepted; }));
    second->send_headers(picture_and_sound());
    second->send(picture_and_sound(), first_sound());
    EXPECT_TRUE(run_until([&] { return first->end.has_value(); }));
    EXPECT_NE(paths_.live("live/a"), before);
    EXPECT_NE(paths_.live("live/a"), nullptr);
}

TEST_F(RtmpSessionTest, APlayerGetsHeadersThenUnitsFromAKeyframeOn) {
    auto publication = begin("live/a");
    auto* const player = peer("live/a", rtmp::ClientMode::play);
    ASSERT_TRUE(run_until([&] { return player->accepted; }));
    ASSERT_TRUE(run_until([&] { return readers_of("live/a") == 1; }));
    EXPECT_EQ(paths_.snapshot("live/a")->readers->at(0).type, "rtmpConn");
    publication.publish(unit(0, 0ms, 1, false));
    publication.publish(unit(0, 40ms, 2));
    publication.publish(unit(1, 45ms, 3));
    publication.publish(unit(0, 80ms, 4, false));
    ASSERT_TRUE(run_until([&] { return player->media.size() == 5; }));
    // Two sequence headers come first; the picture before the key frame never comes.
    std::vector<std::uint8_t> marks;
    for (std::size_t i = 2; i < 5; ++i) marks.push_back(player->media[i].body.view().back());
    EXPECT_EQ(marks, (std::vector<std::uint8_t>{2, 3, 4}));
    EXPECT_EQ(player->media[2].timestamp_ms, 40);
}

TEST_F(RtmpSessionTest, APlayerThatLeavesGivesItsSeatBack) {
    auto const publication = begin("full");
    auto* const first = peer("full", rtmp::ClientMode::play);
    ASSERT_TRUE(run_until([&] { return readers_of("full") == 1; }));
    EXPECT_THAT(refusal("full", rtmp::ClientMode::play), HasSubstr("NetStream.Play.Failed"));
    first->vanish();
    ASSERT_TRUE(run_until([&] { return readers_of("full") == 0; }));
    auto* const second = peer("full", rtmp::ClientMode::play);
    EXPECT_TRUE(run_until([&] { return second->accepted; }));
}

TEST_F(RtmpSessionTest, APlayersConnectionEndsWithTheStream) {
    RtmpPeer* player = nullptr;
    {
        auto const publication = begin("live/a");
        player = peer("live/a", rtmp::ClientMode::play);
        ASSERT_TRUE(run_until([&] { return player->accepted; }));
    }
    EXPECT_TRUE(run_until([&] { return player->end.has_value(); }));
}

TEST_F(RtmpSessionTest, SaysWhyItRefuses) {
    EXPECT_THAT(refusal("live/none", rtmp::ClientMode::play),
                HasSubstr("NetStream.Play.StreamNotFound"));
    EXPECT_THAT(refusal("other", rtmp::ClientMode::play),
                HasSubstr("NetStream.Play.StreamNotFound"));
    EXPECT_THAT(refusal("other", rtmp::ClientMode::publish),
                HasSubstr("NetStream.Publish.BadName"));
}

TEST_F(RtmpSessionTest, BytesThatAreNoRtmpEndTheSession) {
    auto sockets = connected();
    spawn("session", RtmpSession::run(std::move(sockets.second), loop_, services_, conns_));
    EXPECT_EQ(loop_.tasks().size(), 1U);
    asio::write(sockets.first, asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")));
    EXPECT_TRUE(run_until([&] { return loop_.tasks().size() == 0; }));
}

}  // namespace
}  // namespace tidegate::router
