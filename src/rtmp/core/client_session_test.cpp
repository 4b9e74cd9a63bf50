// The client session against scripted servers and against the real server session, in memory.
#include "rtmp/core/client_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/core/control.hpp"
#include "rtmp/core/dialogue.hpp"

namespace tidegate::rtmp::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ClientUrl url(std::string_view text = "rtmp://h/live/demo/in?lang=es") {
    return *parse_client_url(text);
}

// A server without logic: shakes hands, then says what the test says.
class Script {
public:
    explicit Script(ClientMode mode, std::string_view address = "rtmp://h/live/demo/in?lang=es",
                    std::uint32_t chunk_size = kOutgoingChunkSize)
        : session(url(address), mode, 2, {}, chunk_size), reader_(Limits{}) {
        ServerHandshake handshake(1);
        base::Bytes answer;
        auto view = base::ByteView(session.output());
        static_cast<void>(handshake.feed(view, answer));
        session.output().clear();
        feed(answer);
    }
    Result feed(base::ByteView bytes) {
        auto result = session.feed(bytes, sink);
        read_output();
        return result;
    }
    Result command(Command const& command, std::uint32_t message_stream = 0) {
        return message(MessageType::command_amf0, write_command(command), message_stream);
    }
    Result message(MessageType type, base::ByteView body, std::uint32_t message_stream = 1) {
        base::Bytes wire;
        append_message(wire, {type, 3, message_stream, 0}, body, kDefaultChunkSize);
        return feed(wire);
    }
    Result status(std::string level, std::string code) {
        return command(
            {"onStatus",
             0,
             amf0::Null{},
             {amf0::Object{}.with("level", std::move(level)).with("code", std::move(code))}},
            1);
    }
    // Up to the request.
    void connect(double create_stream_id) {
        static_cast<void>(command({"_result", 1, amf0::Null{}, {}}));
        static_cast<void>(command({"_result", create_stream_id, amf0::Null{}, {7.0}}));
        said.clear();
    }
    void read_output() {
        auto bytes = std::exchange(session.output(), {});
        auto const skipped = std::min(c2_left_, bytes.size());
        c2_left_ -= skipped;
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(skipped));
        RecordingMessages seen;
        seen.reader = &reader_;
        ASSERT_TRUE(reader_.feed(bytes, seen));
        for (auto const& message : seen.seen) said.push_back(to_text(message));
    }

    ClientSession session;
    RecordingClient sink;
    std::vector<std::string> said;

private:
    ChunkReader reader_;
    std::size_t c2_left_ = kHandshakePacketSize;
};

TEST(ClientSession, PublishesInFfmpegsOrder) {
    Script server(ClientMode::publish);
    EXPECT_THAT(server.said,
                ElementsAre("2/0 type 1 00010000",
                            R"(3/0 "connect" 1 {app:"live/demo",type:"nonprivate",)"
                            R"--(flashVer:"FMLE/3.0 (compatible; Tidegate)",)--"
                            R"(tcUrl:"rtmp://h:1935/live/demo",fourCcList:?,capsEx:2})"));
    server.said.clear();
    ASSERT_TRUE(server.command({"_result", 1, amf0::Null{}, {}}));
    EXPECT_THAT(server.said, ElementsAre(R"(3/0 "releaseStream" 2 null "in?lang=es")",
                                         R"(3/0 "FCPublish" 3 null "in?lang=es")",
                                         R"(3/0 "createStream" 4 null)"));
    server.said.clear();
    // Answers to the other two, of any kind, mean nothing.
    ASSERT_TRUE(server.command({"_error", 2, amf0::Null{}, {}}));
    ASSERT_TRUE(server.command({"_result", 3, amf0::Null{}, {}}));
    ASSERT_TRUE(server.command({"onFCPublish", 0, amf0::Null{}, {}}));
    ASSERT_TRUE(server.command({"_result", 4, amf0::Null{}, {7.0}}));
    EXPECT_THAT(server.said, ElementsAre(R"(8/7 "publish" 5 null "in?lang=es" "live")"));
    EXPECT_FALSE(server.session.accepted());
    ASSERT_TRUE(server.status("status", "NetStream.Publish.Start"));
    EXPECT_TRUE(server.session.accepted());
    EXPECT_EQ(server.session.message_stream_id(), 7U);
    EXPECT_EQ(server.sink.accepted, 1);
    server.said.clear();
    server.session.finish();
    server.session.finish();
    server.read_output();
    EXPECT_THAT(server.said, ElementsAre(R"(3/0 "FCUnpublish" 6 null "in?lang=es")",
                                         R"(3/0 "deleteStream" 7 null 7)"));
}

TEST(ClientSession, SaysNothingOfAChunkSizeThatIsTheDefault) {
    auto const address = "rtmp://h/live/demo/in?" + std::string(300, 'x');  // several chunks
    Script server(ClientMode::publish, address, kDefaultChunkSize);
    ASSERT_EQ(server.said.size(), 1U);
    EXPECT_THAT(server.said[0], testing::HasSubstr("\"connect\""));
    server.said.clear();
    ASSERT_TRUE(server.command({"_result", 1, amf0::Null{}, {}}));
    EXPECT_EQ(server.said.size(), 3U);
    EXPECT_THAT(server.said[0], testing::HasSubstr(std::string(300, 'x')));
}

TEST(ClientSession, PlaysAndPassesMediaOn) {
    Script server(ClientMode::play);
    server.said.clear();
    ASSERT_TRUE(server.command({"_result", 1, amf0::Null{}, {}}));
    ASSERT_TRUE(server.command({"_result", 2, amf0::Null{}, {1.0}}));
    EXPECT_THAT(server.said,
                ElementsAre(R"(3/0 "createStream" 2 null)", R"(8/1 "play" 3 null "in?lang=es")",
                            "2/0 type 4 00030000000100000064"));
    ASSERT_TRUE(server.message(MessageType::video, hex("17")));  // too early
    ASSERT_TRUE(server.status("status", "NetStream.Play.Reset"));
    ASSERT_TRUE(server.status("status", "NetStream.Play.Start"));
    ASSERT_TRUE(server.message(MessageType::video, hex("1700")));
    ASSERT_TRUE(server.message(MessageType::data_amf0,
                               amf0::write_all({"onMetaData", amf0::Object{}.with("width", 2.0)})));
    EXPECT_EQ(server.sink.accepted, 1);
    ASSERT_EQ(server.sink.media.size(), 1U);
    EXPECT_EQ(to_bytes(server.sink.media[0].body), hex("1700"));
    ASSERT_EQ(server.sink.metadata.size(), 1U);
    EXPECT_EQ(server.sink.metadata[0].width, 2.0);
}

TEST(ClientSession, IsToldTheRegularEndInEveryForm) {
    auto const by_status = [](std::string code) {
        return [code](Script& server) { return server.status("status", code); };
    };
    std::vector<std::function<Result(Script&)>> const ends = {
        by_status("NetStream.Play.UnpublishNotify"), by_status("NetStream.Play.Stop"),
        by_status("NetStream.Play.Complete"), [](Script& server) {
            return server.message(MessageType::user_control, hex("0001 00000001"), 0);
        }};
    for (auto const& end : ends) {
        Script server(ClientMode::play);
        server.connect(2);
        ASSERT_TRUE(server.status("status", "NetStream.Play.Start"));
        ASSERT_TRUE(end(server));
        EXPECT_EQ(server.sink.closed, 1);
        ASSERT_TRUE(end(server));
        EXPECT_EQ(server.sink.closed, 1);
    }
}

TEST(ClientSession, IsRejectedAtEveryStep) {
    auto const refusal = amf0::Object{}
                             .with("level", "error")
                             .with("code", "NetX.No")
                             .with("description", "because");
    for (double const step : {1.0, 4.0, 5.0}) {
        Script server(ClientMode::publish);
        if (step > 1) ASSERT_TRUE(server.command({"_result", 1, amf0::Null{}, {}}));
        if (step > 4) ASSERT_TRUE(server.command({"_result", 4, amf0::Null{}, {1.0}}));
        auto const name = step > 4 ? "onStatus" : "_error";
        ASSERT_TRUE(server.command({name, step, amf0::Null{}, {refusal}}));
        EXPECT_THAT(server.sink.rejections, ElementsAre("NetX.No: because")) << step;
        ASSERT_TRUE(server.status("status", "NetStream.Publish.Start"));
        EXPECT_FALSE(server.session.accepted());
        EXPECT_EQ(server.sink.accepted, 0);
    }
}

TEST(ClientSession, IgnoresAnswersThatItDoesNotAwait) {
    Script server(ClientMode::publish);
    server.said.clear();
    for (double const id : {0.0, 2.0, 99.0, -1.0, std::nan("")}) {
        ASSERT_TRUE(server.command({"_result", id, amf0::Null{}, {1.0}}));
        ASSERT_TRUE(server.command({"_error", id, amf0::Null{}, {}}));
    }
    ASSERT_TRUE(server.status("status", "NetStream.Publish.Start"));
    EXPECT_THAT(server.said, IsEmpty());
    EXPECT_EQ(server.sink.accepted, 0);
    EXPECT_THAT(server.sink.rejections, IsEmpty());
}

TEST(ClientSession, RefusesAStreamIdThatIsNone) {
    for (amf0::Value const& id : {amf0::Value(std::nan("")), amf0::Value(-1.0), amf0::Value("1"),
                                  amf0::Value(9007199254740992.0)}) {
        Script server(ClientMode::publish);
        ASSERT_TRUE(server.command({"_result", 1, amf0::Null{}, {}}));
        auto const fed = server.command({"_result", 4, amf0::Null{}, {id}});
        ASSERT_FALSE(fed);
        EXPECT_EQ(fed.error().text, "createStream's answer has no stream id");
    }
}

// Both real sessions, joined by a wire that is cut into pieces of one size.
struct Pair {
    Pair(ClientMode mode, std::size_t piece) : client(url(), mode, 1), server(2), piece_(piece) {}

    void run() {
        while (!client.output().empty() || !server.output().empty()) {
            auto const to_server = std::exchange(client.output(), {});
            ASSERT_TRUE(feed_in_pieces(to_server, piece_, [&](base::ByteView bytes) {
                return server.feed(bytes, server_sink);
            }));
            auto const to_client = std::exchange(server.output(), {});
            ASSERT_TRUE(feed_in_pieces(to_client, piece_, [&](base::ByteView bytes) {
                return client.feed(bytes, client_sink);
            }));
        }
    }
    void to_server(base::SharedBytes const& bytes) {
        ASSERT_TRUE(feed_in_pieces(bytes.view(), piece_, [&](base::ByteView part) {
            return server.feed(part, server_sink);
        }));
    }
    void to_client(base::SharedBytes const& bytes) {
        ASSERT_TRUE(feed_in_pieces(bytes.view(), piece_, [&](base::ByteView part) {
            return client.feed(part, client_sink);
        }));
    }

    ClientSession client;
    ServerSession server;
    RecordingClient client_sink;
    RecordingServer server_sink;

private:
    std::size_t piece_;
};

constexpr std::size_t kPieces[] = {1, 2, 3, 5, 7, 11, 17, 64, 127, 1000, 1536, 1 << 20};

TEST(Sessions, PublishToOneAnotherInPiecesOfEverySize) {
    for (auto const piece : kPieces) {
        Pair pair(ClientMode::publish, piece);
        pair.run();
        ASSERT_EQ(pair.server_sink.publishes.size(), 1U) << piece;
        EXPECT_EQ(pair.server_sink.publishes[0].path, "live/demo/in");
        EXPECT_EQ(pair.server_sink.publishes[0].query, "lang=es");
        pair.server.accept_publish();
        pair.run();
        ASSERT_TRUE(pair.client.accepted());
        base::Bytes const body(70'000, 0x17);
        auto header = video_header(0x1000000);
        header.message_stream_id = pair.client.message_stream_id();
        pair.to_server(write_media_message(header, {}, body));
        ASSERT_EQ(pair.server_sink.media.size(), 1U);
        EXPECT_EQ(pair.server_sink.media[0].timestamp_ms, 0x1000000);
        EXPECT_EQ(to_bytes(pair.server_sink.media[0].body), body);
        pair.client.finish();
        pair.run();
        EXPECT_EQ(pair.server_sink.closed, 1);
    }
}

TEST(Sessions, PlayFromOneAnotherInPiecesOfEverySize) {
    for (auto const piece : kPieces) {
        Pair pair(ClientMode::play, piece);
        pair.run();
        ASSERT_EQ(pair.server_sink.plays.size(), 1U) << piece;
        EXPECT_THAT(pair.server_sink.plays[0].abilities.fourccs,
                    ElementsAre("avc1", "hvc1", "av01", "vp09", "mp4a", "Opus", ".mp3", "ac-3",
                                "ec-3", "fLaC"));
        pair.server.accept_play({{media::H264Config{hex("6742c01e"), hex("68ce")}},
                                 {media::AacConfig{hex("1210"), 44100, 2}}});
        pair.run();
        EXPECT_EQ(pair.client_sink.accepted, 1);
        ASSERT_EQ(pair.client_sink.metadata.size(), 1U);
        EXPECT_EQ(pair.client_sink.metadata[0].expects_video, true);
        EXPECT_EQ(pair.client_sink.media.size(), 2U);
        base::Bytes const body(200'000, 0x27);
        pair.to_client(write_media_message(video_header(40), {}, body));
        ASSERT_EQ(pair.client_sink.media.size(), 3U);
        EXPECT_EQ(to_bytes(pair.client_sink.media[2].body), body);
        pair.client.finish();
        pair.run();
        EXPECT_EQ(pair.server_sink.closed, 1);
    }
}

TEST(Sessions, RejectOneAnother) {
    Pair pair(ClientMode::publish, 100);
    pair.run();
    pair.server.reject("NetStream.Publish.BadName", "busy");
    pair.run();
    EXPECT_THAT(pair.client_sink.rejections, ElementsAre("NetStream.Publish.BadName: busy"));
}

}  // namespace
}  // namespace tidegate::rtmp::test
