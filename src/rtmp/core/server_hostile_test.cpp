// What attackers and broken clients send to a server session, and the reason each of them is given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rtmp/core/dialogue.hpp"

namespace tidegate::rtmp::test {
namespace {

using testing::ElementsAre;

constexpr auto kRejected = R"(3/0 "_error" 1 null {level:"error",)"
                           R"(code:"NetConnection.Connect.Rejected",description:")";

TEST(HostileClient, ThatSpeaksHttpIsNamed) {
    Dialogue dialogue;
    auto const sent = dialogue.send(text_bytes("GET / HTTP/1.1\r\n\r\n"));
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::handshake);
    EXPECT_EQ(sent.error().text, "invalid rtmp version (71)");
}

TEST(HostileClient, GetsTheFirstErrorForEver) {
    Dialogue dialogue;
    ASSERT_FALSE(dialogue.send(hex("00")));
    auto const again = dialogue.send(client_hello());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().text, "invalid rtmp version (0)");
}

TEST(HostileClient, MustConnectFirst) {
    for (auto const* const name : {"publish", "play", "createStream", "releaseStream", "xyz"}) {
        Dialogue dialogue;
        ASSERT_TRUE(dialogue.shake_hands());
        auto const sent = dialogue.command({name, 1, amf0::Null{}, {"k"}});
        ASSERT_FALSE(sent) << name;
        EXPECT_EQ(sent.error().text, "the first command is not connect");
    }
}

TEST(HostileClient, IsToldWhyConnectIsRefused) {
    auto const with = [](std::string app, std::string tc_url) {
        return amf0::Value(
            amf0::Object{}.with("app", std::move(app)).with("tcUrl", std::move(tc_url)));
    };
    struct Row {
        amf0::Value object;
        std::string reason;
    };
    std::string const login =
        "this way of login is not supported: append ?user=...&pass=... to the stream key";
    std::vector<Row> const rows = {
        {amf0::Null{}, "connect has no command object"},
        {amf0::Object{}, "connect names neither app nor tcUrl"},
        {amf0::Object{}.with("app", 1.0), "connect names neither app nor tcUrl"},
        {with(std::string(8193, 'a'), "rtmp://h/a"), "app or tcUrl is too long"},
        {with("a", "rtmp://h/" + std::string(8192, 'a')), "app or tcUrl is too long"},
        {with("live?authmod=adobe&user=u", "rtmp://h/live"), login},
        {with("live", "rtmp://h/live?authmod=adobe&user=u"), login},
    };
    for (auto const& row : rows) {
        Dialogue dialogue;
        ASSERT_TRUE(dialogue.shake_hands());
        auto const sent = dialogue.command({"connect", 1, row.object, {}});
        ASSERT_FALSE(sent) << row.reason;
        EXPECT_EQ(sent.error().text, row.reason);
        EXPECT_THAT(dialogue.take_replies(), ElementsAre(kRejected + row.reason + "\"}"));
    }
}

TEST(HostileClient, MayNotConnectTwice) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.connect());
    dialogue.take_replies();
    auto const sent = dialogue.connect();
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().text, "connect was sent twice");
    EXPECT_THAT(dialogue.take_replies(),
                ElementsAre(std::string(kRejected) + "connect was sent twice\"}"));
}

TEST(HostileClient, GetsOneStreamOnly) {
    struct Row {
        std::string first, second, code;
    };
    for (auto const& row : {Row{"publish", "publish", "NetStream.Publish.BadName"},
                            Row{"publish", "play", "NetStream.Play.Failed"},
                            Row{"play", "publish", "NetStream.Publish.BadName"},
                            Row{"play", "play", "NetStream.Play.Failed"}}) {
        Dialogue dialogue;
        ASSERT_TRUE(dialogue.shake_hands());
        ASSERT_TRUE(dialogue.connect());
        ASSERT_TRUE(dialogue.command({row.first, 2, amf0::Null{}, {"k"}}));
        dialogue.take_replies();
        auto const sent = dialogue.command({row.second, 3, amf0::Null{}, {"k"}});
        ASSERT_FALSE(sent);
        EXPECT_EQ(sent.error().text, "the connection has a stream already");
        EXPECT_THAT(dialogue.take_replies(),
                    ElementsAre(R"(5/1 "onStatus" 3 null {level:"error",code:")" + row.code +
                                R"(",description:"the connection has a stream already"})"));
        EXPECT_EQ(dialogue.sink.publishes.size() + dialogue.sink.plays.size(), 1U);
    }
}

TEST(HostileClient, MustGiveAReasonableKey) {
    struct Row {
        std::vector<amf0::Value> arguments;
        std::string_view error;
    };
    std::vector<Row> const rows = {
        {{}, "publish has no stream key"},
        {{1.0}, "publish has no stream key"},
        {{false}, "publish has no stream key"},
        {{std::string(8193, 'k')}, "the stream key is too long"},
    };
    for (auto const& row : rows) {
        Dialogue dialogue;
        ASSERT_TRUE(dialogue.shake_hands());
        ASSERT_TRUE(dialogue.connect());
        auto const sent = dialogue.command({"publish", 2, amf0::Null{}, row.arguments});
        ASSERT_FALSE(sent);
        EXPECT_EQ(sent.error().text, row.error);
    }
}

TEST(HostileClient, MustKeepTheQueriesOfTcUrlAndKeyTogetherShort) {
    for (bool const fits : {true, false}) {
        Dialogue dialogue;
        ASSERT_TRUE(dialogue.shake_hands());
        auto const object =
            amf0::Object{}.with("app", "a").with("tcUrl", "rtmp://h/a?" + std::string(4096, 't'));
        ASSERT_TRUE(dialogue.command({"connect", 1, amf0::Value(object), {}}));
        auto const key = "k?" + std::string(fits ? 4095 : 4096, 'q');
        auto const sent = dialogue.command({"publish", 2, amf0::Null{}, {key}});
        EXPECT_EQ(sent.has_value(), fits);
        if (!sent) EXPECT_EQ(sent.error().text, "the query is too long");
    }
}

TEST(HostileClient, MayChooseAnyPublishType) {
    for (amf0::Value const& type : {amf0::Value("record"), amf0::Value("append"), amf0::Value(7.0),
                                    amf0::Value(amf0::Null{})}) {
        Dialogue dialogue;
        ASSERT_TRUE(dialogue.shake_hands());
        ASSERT_TRUE(dialogue.connect());
        ASSERT_TRUE(dialogue.command({"publish", 2, amf0::Null{}, {"k", type}}));
        ASSERT_EQ(dialogue.sink.publishes.size(), 1U);
        EXPECT_EQ(dialogue.sink.publishes[0].publish_type,
                  type.string() == nullptr ? "" : *type.string());
    }
}

TEST(HostileClient, MayUseAnyNumberAsTransactionId) {
    for (double const id : {std::nan(""), HUGE_VAL, -HUGE_VAL, -0.0, 9007199254740992.0}) {
        Dialogue dialogue;
        ASSERT_TRUE(dialogue.shake_hands());
        ASSERT_TRUE(dialogue.connect());
        EXPECT_TRUE(dialogue.command({"createStream", id, amf0::Null{}, {}}));
        EXPECT_TRUE(dialogue.command({"publish", id, amf0::Null{}, {"k"}}));
        dialogue.session.accept_publish();
    }
}

TEST(HostileClient, CannotCreateStreamsForEver) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.connect());
    Command const create{"createStream", 2, amf0::Null{}, {}};
    for (int i = 0; i < 32; ++i) ASSERT_TRUE(dialogue.command(create));
    auto const sent = dialogue.command(create);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().text, "too many streams created");
}

TEST(HostileClient, CannotSendCommandsForEver) {
    Limits limits;
    limits.max_commands = 10;
    Dialogue dialogue(limits);
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.connect());
    for (int i = 0; i < 9; ++i) ASSERT_TRUE(dialogue.command({"x", 0, amf0::Null{}, {}}));
    auto const sent = dialogue.command({"x", 0, amf0::Null{}, {}});
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().text, "too many commands");
}

TEST(HostileClient, IsToldWhichValueOfItsRequestCannotBeRead) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    auto const sent = dialogue.send(MessageType::command_amf0,
                                    joined({amf0::write_all({"connect", 1.0}), hex("11 0a0b01")}));
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().text, "connect has no command object: unsupported marker 0x11");
    Dialogue nested;
    ASSERT_TRUE(nested.shake_hands());
    ASSERT_TRUE(nested.connect());
    auto body = amf0::write_all({"publish", 1.0, amf0::Null{}});
    for (int i = 0; i < 100; ++i) {
        auto const level = hex("03 0001 61");
        body.insert(body.end(), level.begin(), level.end());
    }
    auto const deep = nested.send(MessageType::command_amf0, body);
    ASSERT_FALSE(deep);
    EXPECT_EQ(deep.error().text, "publish has no stream key: AMF0 values are nested too deeply");
}

TEST(HostileClient, CannotKeepCreatingStreamsBetweenThem) {
    Dialogue dialogue;
    dialogue.start_publish();
    ASSERT_TRUE(dialogue.command({"deleteStream", 2, amf0::Null{}, {1.0}}));
    Command const create{"createStream", 2, amf0::Null{}, {}};
    for (int i = 0; i < 32; ++i) ASSERT_TRUE(dialogue.command(create));
    EXPECT_FALSE(dialogue.command(create));
}

TEST(HostileClient, LeavesLittleUnfinishedBeforeItIsLetIn) {
    base::Bytes wire;
    append_message(wire, video_header(0), base::Bytes(500'000), kDefaultChunkSize);
    Dialogue stranger;
    ASSERT_TRUE(stranger.shake_hands());
    ASSERT_TRUE(stranger.connect());
    auto const sent = stranger.send(wire);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().text, "too many bytes in unfinished messages");
}

TEST(HostileClient, LeavesLittleUnfinishedOnManyChunkStreamsEither) {
    Dialogue stranger;
    ASSERT_TRUE(stranger.shake_hands());
    Result sent;
    unsigned used = 0;
    for (std::uint8_t id = 3; id < 64 && sent; ++id, ++used) {
        sent = stranger.send(
            joined({base::Bytes{id}, hex("000000 a00000 09 01000000"), base::Bytes(128)}));
    }
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().text, "too many bytes in unfinished messages");
    EXPECT_EQ(used, 17U) << "4 KiB each";
}

TEST(HostileClient, SendsLittleWholeMediaBeforeItIsLetIn) {
    base::Bytes wire;
    for (int i = 0; i < 20; ++i) {
        append_message(wire, video_header(0), base::Bytes(4000), kDefaultChunkSize);
    }
    Dialogue stranger;
    stranger.start_publish();
    EXPECT_FALSE(stranger.send(wire));
    EXPECT_EQ(stranger.sink.media.size(), 16U);
}

TEST(HostileClient, MayBeginAPictureBehindPublishBeforeItIsLetIn) {
    base::Bytes wire;
    append_message(wire, video_header(0), base::Bytes(500'000), kDefaultChunkSize);
    auto const view = base::ByteView(wire);
    Dialogue dialogue;
    dialogue.start_publish();
    ASSERT_TRUE(dialogue.send(view.first(60'000)));
    dialogue.session.accept_publish();
    ASSERT_TRUE(dialogue.send(view.subspan(60'000)));
    ASSERT_EQ(dialogue.sink.media.size(), 1U);
    EXPECT_EQ(dialogue.sink.media[0].body.size(), 500'000U);
}

TEST(HostileClient, CannotSendHugeCommands) {
    Command const huge{"connect", 1, amf0::Object{}.with("app", std::string(70'000, 'a')), {}};
    Dialogue stranger;
    ASSERT_TRUE(stranger.shake_hands());
    EXPECT_FALSE(stranger.command(huge));
    Dialogue dialogue;
    dialogue.start_publish();
    dialogue.session.accept_publish();
    auto const sent = dialogue.command(huge);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::limit);
    EXPECT_TRUE(sent.error().text.starts_with("command is too big: 70")) << sent.error().text;
}

TEST(HostileClient, CannotFillTheOutputWithRepliesItDoesNotRead) {
    Limits limits;
    limits.max_output_bytes = 4000;  // S0, S1 and S2 alone are 3073
    ServerSession session(1, limits);
    RecordingServer sink;
    ASSERT_TRUE(session.feed(client_hello(), sink));
    base::Bytes wire;
    append_message(wire, {MessageType::command_amf0, 3, 0, 0},
                   write_command({"connect", 1, amf0::Object{}.with("app", "a"), {}}), 128);
    ASSERT_TRUE(session.feed(wire, sink));
    wire.clear();
    append_message(wire, {MessageType::command_amf0, 3, 0, 0},
                   write_command({"createStream", 1, amf0::Null{}, {}}), 128);
    Result result;
    for (int i = 0; i < 32 && result; ++i) result = session.feed(wire, sink);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().text, "the peer does not read its replies");
}

TEST(HostileClient, GetsFewPongsForAFloodOfPings) {
    ServerSession session(1);
    RecordingServer sink;
    ASSERT_TRUE(session.feed(client_hello(), sink));
    base::Bytes wire;
    for (int i = 0; i < 100'000; ++i) {
        append_message(wire, {MessageType::user_control, 2, 0, 0}, hex("0006 00000000"), 128);
    }
    ASSERT_TRUE(session.feed(wire, sink));
    EXPECT_LT(session.output().size(), Limits{}.max_pong_backlog + 64);
}

TEST(HostileClient, CannotProvokeAFloodOfAcknowledgements) {
    for (auto const* const window : {"00000001", "00000000", "ffffffff"}) {
        Dialogue dialogue;
        dialogue.start_publish();
        dialogue.session.accept_publish();
        dialogue.drain();
        dialogue.take_replies();
        ASSERT_TRUE(dialogue.send(MessageType::window_ack_size, hex(window)));
        for (int i = 0; i < 1000; ++i) {
            ASSERT_TRUE(dialogue.send(MessageType::audio, base::Bytes(100, 0xAF)));
        }
        EXPECT_LE(dialogue.take_replies().size(), 120'000U / Limits{}.min_ack_window) << window;
    }
}

TEST(HostileClient, SendsControlMessagesOfTheWrongSize) {
    for (auto const type : {MessageType::set_chunk_size, MessageType::abort,
                            MessageType::window_ack_size, MessageType::user_control}) {
        Dialogue dialogue;
        dialogue.start_publish();
        auto const sent = dialogue.send(type, hex("00"));
        ASSERT_FALSE(sent);
        EXPECT_EQ(sent.error().text, "invalid body size");
    }
    Dialogue dialogue;
    dialogue.start_publish();
    EXPECT_FALSE(dialogue.send(MessageType::user_control, hex("0006 0102")));
}

TEST(HostileClient, SendsJunkAfterTheHandshake) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    EXPECT_FALSE(dialogue.send(base::Bytes(65536, 0xFF)));
}

TEST(HostileClient, SendsAMillionMessagesAtTheSameTime) {
    Dialogue dialogue;
    dialogue.start_publish();
    dialogue.session.accept_publish();
    base::Bytes wire;
    append_message(wire, {MessageType::audio, 4, 1, 50}, hex("af01"), 128);
    ASSERT_TRUE(dialogue.send(wire));
    wire.clear();
    for (int i = 0; i < 1000; ++i) {
        auto const one = hex("84 000000 af01");
        wire.insert(wire.end(), one.begin(), one.end());
    }
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(dialogue.send(wire));
        EXPECT_EQ(dialogue.sink.media.back().timestamp_ms, 50);
        dialogue.sink.media.clear();
    }
}

TEST(HostileClient, PutsControlBytesIntoNames) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.connect("rtmp://h/live"));
    std::string const key = std::string("a\r\nX\x1b[31m\0\xff", 11) + "?q=\n";
    ASSERT_TRUE(dialogue.publish(key));
    ASSERT_EQ(dialogue.sink.publishes.size(), 1U);
    EXPECT_EQ(dialogue.sink.publishes[0].path, "live/" + key.substr(0, key.size() - 4));
    EXPECT_EQ(dialogue.sink.publishes[0].query, "q=\n");
}

}  // namespace
}  // namespace tidegate::rtmp::test
