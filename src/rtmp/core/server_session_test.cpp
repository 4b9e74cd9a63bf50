#include "rtmp/core/server_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/core/dialogue.hpp"

namespace tidegate::rtmp::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ServerSession, AnswersConnectWithTheFourMessagesOfTheContract) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    EXPECT_TRUE(dialogue.session.handshake_done());
    ASSERT_TRUE(dialogue.connect());
    EXPECT_THAT(dialogue.take_replies(),
                ElementsAre("2/0 type 5 002625a0", "2/0 type 6 002625a002", "2/0 type 1 00010000",
                            R"(3/0 "_result" 1 {fmsVer:"LNX 9,0,124,2",capabilities:31} )"
                            R"({level:"status",code:"NetConnection.Connect.Success",)"
                            R"(description:"Connection succeeded.",objectEncoding:0})"));
}

TEST(ServerSession, AnswersCreateStreamWithStreamOne) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.connect());
    dialogue.take_replies();
    ASSERT_TRUE(dialogue.command({"createStream", 4, amf0::Null{}, {}}));
    EXPECT_THAT(dialogue.take_replies(), ElementsAre(R"(3/0 "_result" 4 null 1)"));
}

TEST(ServerSession, GivesTheRequestAndAcceptsThePublisher) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.command({"connect",
                                  1,
                                  amf0::Object{}
                                      .with("app", "live/demo")
                                      .with("flashVer", "FMLE/3.0")
                                      .with("tcUrl", "rtmp://h/live/demo"),
                                  {}}));
    ASSERT_TRUE(dialogue.publish("in?user=u&pass=p%20w&token=t"));
    ASSERT_EQ(dialogue.sink.publishes.size(), 1U);
    auto const& request = dialogue.sink.publishes[0];
    EXPECT_EQ(request.path, "live/demo/in");
    EXPECT_EQ(request.query, "user=u&pass=p%20w&token=t");
    EXPECT_EQ(request.user_agent, "FMLE/3.0");
    EXPECT_EQ(request.app, "live/demo");
    EXPECT_EQ(request.tc_url, "rtmp://h/live/demo");
    EXPECT_EQ(request.key, "in?user=u&pass=p%20w&token=t");
    EXPECT_EQ(request.remote_user, "u");
    EXPECT_EQ(request.remote_password, "p w");
    EXPECT_EQ(request.token, "t");
    EXPECT_EQ(request.publish_type, "live");

    dialogue.take_replies();
    dialogue.session.accept_publish();
    dialogue.drain();
    EXPECT_THAT(dialogue.take_replies(),
                ElementsAre(R"(5/1 "onStatus" 5 null {level:"status",)"
                            R"(code:"NetStream.Publish.Start",description:"publish start"})"));
}

TEST(ServerSession, TakesTheUserOfTcUrlWhenTheQueryNamesNone) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.connect("rtmp://al:pw@h/live"));
    ASSERT_TRUE(dialogue.publish("demo/in?pass=other"));
    ASSERT_EQ(dialogue.sink.publishes.size(), 1U);
    EXPECT_EQ(dialogue.sink.publishes[0].remote_user, "al");
    EXPECT_EQ(dialogue.sink.publishes[0].remote_password, "pw");
}

TEST(ServerSession, TellsAPlayerEverythingBeforeMedia) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.command({"connect",
                                  1,
                                  amf0::Object{}
                                      .with("app", "live")
                                      .with("tcurl", "rtmp://h/live/demo")
                                      .with("fourCcList", amf0::StrictArray{{"hvc1", 1.0, "Opus"}}),
                                  {}}));
    ASSERT_TRUE(dialogue.play());
    ASSERT_EQ(dialogue.sink.plays.size(), 1U);
    EXPECT_EQ(dialogue.sink.plays[0].path, "live/demo/out");
    EXPECT_THAT(dialogue.sink.plays[0].abilities.fourccs, ElementsAre("hvc1", "Opus"));

    dialogue.take_replies();
    dialogue.session.accept_play({{media::H264Config{hex("6742c01e"), hex("68ce")}},
                                  {media::AacConfig{hex("1210"), 44100, 2}}});
    dialogue.drain();
    auto const status = [](std::string const& code, std::string const& description) {
        return R"(5/1 "onStatus" 4 null {level:"status",code:")" + code + R"(",description:")" +
               description + R"("})";
    };
    EXPECT_THAT(dialogue.take_replies(),
                ElementsAre("2/0 type 4 000400000001", "2/0 type 4 000000000001",
                            status("NetStream.Play.Reset", "play reset"),
                            status("NetStream.Play.Start", "play start"),
                            status("NetStream.Data.Start", "data start"),
                            status("NetStream.Play.PublishNotify", "publish notify"),
                            R"(4/1 "onMetaData" {videocodecid:7,videodatarate:0,)"
                            R"(audiosamplerate:44100,audiosamplesize:16,audiochannels:2,)"
                            R"(stereo:true,audiocodecid:10,audiodatarate:0})",
                            "6/1 type 9 17000000000142c01effe100046742c01e01000268ce",
                            "4/1 type 8 af001210"));
}

TEST(ServerSession, LeavesOtherCommandsUnansweredAsMediaMtxDoes) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.connect());
    dialogue.take_replies();
    for (auto const* const name :
         {"releaseStream", "FCPublish", "FCSubscribe", "_checkbw", "getStreamLength", "pause",
          "seek", "receiveAudio", "@nonsense", "", "_result"}) {
        EXPECT_TRUE(dialogue.command({name, 0, amf0::Null{}, {"other"}})) << name;
    }
    EXPECT_THAT(dialogue.take_replies(), IsEmpty());
    EXPECT_TRUE(dialogue.publish());
}

TEST(ServerSession, PassesMediaOnBeforeAndAfterItIsAccepted) {
    Dialogue dialogue;
    dialogue.start_publish();
    ASSERT_TRUE(dialogue.send(MessageType::video, hex("1700000000"), 0));
    ASSERT_TRUE(dialogue.send(MessageType::audio, hex("af00"), 5));
    dialogue.session.accept_publish();
    ASSERT_TRUE(dialogue.send(MessageType::video, hex("2701000000"), 0xFFFFFFF0));
    ASSERT_TRUE(dialogue.send(MessageType::video, hex("2701000000"), 16));
    auto const& media = dialogue.sink.media;
    ASSERT_EQ(media.size(), 4U);
    EXPECT_TRUE(media[0].video);
    EXPECT_FALSE(media[1].video);
    EXPECT_EQ(media[1].timestamp_ms, 5);
    EXPECT_EQ(media[2].timestamp_ms, -16);
    EXPECT_EQ(media[3].timestamp_ms, 16);
    EXPECT_EQ(to_bytes(media[1].body), hex("af00"));
}

TEST(ServerSession, IgnoresMediaAndMetadataOfNoPublisher) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.connect());
    ASSERT_TRUE(dialogue.send(MessageType::video, hex("1700000000")));
    ASSERT_TRUE(dialogue.play());
    ASSERT_TRUE(dialogue.send(MessageType::video, hex("1700000000")));
    EXPECT_THAT(dialogue.sink.media, IsEmpty());
}

TEST(ServerSession, ReadsMetadataInEveryForm) {
    auto const object = amf0::Object{}.with("videocodecid", 7.0);
    auto const envelope = hex("00");
    struct Row {
        MessageType type;
        base::Bytes body;
        std::size_t seen;
    };
    std::vector<Row> const rows = {
        {MessageType::data_amf0, amf0::write_all({"@setDataFrame", "onMetaData", object}), 1},
        {MessageType::data_amf0, amf0::write_all({"onMetaData", object}), 1},
        {MessageType::data_amf3, joined({envelope, amf0::write_all({"onMetaData", object})}), 1},
        {MessageType::data_amf3, hex("0a0b01"), 0},
        {MessageType::data_amf0, amf0::write_all({"onTextData", object}), 0},
        {MessageType::data_amf0, amf0::write_all({"onMetaData"}), 0},
        {MessageType::data_amf0, amf0::write_all({"onMetaData", "text"}), 0},
        {MessageType::data_amf0, amf0::write_all({1.0, object}), 0},
        {MessageType::data_amf0, joined({amf0::write_all({"onMetaData"}), hex("07")}), 0},
        {MessageType::data_amf0,
         amf0::write_all(
             {"onMetaData", amf0::Object{}.with("x", std::string(9 * 1024 * 1024, 'x'))}),
         0},
    };
    for (auto const& row : rows) {
        Dialogue dialogue;
        dialogue.start_publish();
        dialogue.session.accept_publish();
        EXPECT_TRUE(dialogue.send(row.type, row.body));
        EXPECT_EQ(dialogue.sink.metadata.size(), row.seen);
    }
}

TEST(ServerSession, ReadsCommandsInAnAmf3EnvelopeOnly) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.connect());
    dialogue.take_replies();
    auto const create = write_command({"createStream", 2, amf0::Null{}, {}});
    ASSERT_TRUE(dialogue.send(MessageType::command_amf3, joined({hex("00"), create})));
    EXPECT_THAT(dialogue.take_replies(), ElementsAre(R"(3/0 "_result" 2 null 1)"));
    auto const sent = dialogue.send(MessageType::command_amf3, joined({hex("ee"), create}));
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().text, "AMF3 commands are not supported");
}

TEST(ServerSession, OpensAggregates) {
    Dialogue dialogue;
    dialogue.start_publish();
    ASSERT_TRUE(dialogue.send(MessageType::aggregate,
                              hex("08 000002 000000 00 000000 af01 0000000d"
                                  "09 000000 000000 00 000000 0000000b"
                                  "14 000001 000000 00 000000 ff 0000000c"
                                  "09 000002 000014 00 000000 2701 0000000d"),
                              1000));
    ASSERT_EQ(dialogue.sink.media.size(), 2U);
    EXPECT_EQ(dialogue.sink.media[0].timestamp_ms, 1000);
    EXPECT_EQ(dialogue.sink.media[1].timestamp_ms, 1020);
}

TEST(ServerSession, SkipsUnknownMessageTypes) {
    Dialogue dialogue;
    dialogue.start_publish();
    for (int const type : {0, 3, 6, 7, 16, 19, 23, 255}) {
        EXPECT_TRUE(dialogue.send(static_cast<MessageType>(type), hex("ff"))) << type;
    }
    EXPECT_TRUE(dialogue.send(MessageType::user_control, hex("0020 01")));
}

TEST(ServerSession, ReportsTheRegularEndOnceInEveryForm) {
    std::vector<Command> const ends = {
        {"deleteStream", 6, amf0::Null{}, {1.0}},
        {"deleteStream", 0, amf0::Null{}, {"in"}},  // rtmp2sink
        {"deleteStream", 0, amf0::Null{}, {}},
        {"closeStream", 0, amf0::Null{}, {}},
        {"FCUnpublish", 5, amf0::Null{}, {"another name"}},
    };
    for (auto const& end : ends) {
        Dialogue dialogue;
        dialogue.start_publish();
        ASSERT_TRUE(dialogue.command(end)) << end.name;
        EXPECT_EQ(dialogue.sink.closed, 1) << end.name;
        EXPECT_FALSE(dialogue.session.closed());
        for (auto const& again : ends) EXPECT_TRUE(dialogue.command(again));
        EXPECT_TRUE(dialogue.send(MessageType::video, hex("1700000000")));
        EXPECT_EQ(dialogue.sink.closed, 1);
        EXPECT_THAT(dialogue.sink.media, IsEmpty());
    }
}

TEST(ServerSession, PublishesAgainOnTheSameConnection) {
    Dialogue dialogue;
    dialogue.start_publish();
    dialogue.session.accept_publish();
    ASSERT_TRUE(dialogue.command({"FCUnpublish", 6, amf0::Null{}, {"in"}}));
    ASSERT_TRUE(dialogue.command({"deleteStream", 7, amf0::Null{}, {1.0}}));
    EXPECT_EQ(dialogue.sink.closed, 1);
    ASSERT_TRUE(dialogue.send(MessageType::video, hex("1700000000")));
    EXPECT_THAT(dialogue.sink.media, IsEmpty()) << "of no stream";
    dialogue.take_replies();
    ASSERT_TRUE(dialogue.command({"createStream", 8, amf0::Null{}, {}}));
    EXPECT_THAT(dialogue.take_replies(), ElementsAre(R"(3/0 "_result" 8 null 1)"));
    ASSERT_TRUE(dialogue.command({"publish", 9, amf0::Null{}, {"other", "live"}}));
    ASSERT_EQ(dialogue.sink.publishes.size(), 2U);
    EXPECT_EQ(dialogue.sink.publishes[1].path, "live/demo/other");
    dialogue.session.accept_publish();
    dialogue.drain();
    EXPECT_THAT(dialogue.take_replies(),
                ElementsAre(testing::StartsWith(R"(5/1 "onStatus" 9 null {level:"status",)")));
    ASSERT_TRUE(dialogue.send(MessageType::video, hex("1700000000")));
    EXPECT_EQ(dialogue.sink.media.size(), 1U);
}

TEST(ServerSession, AnswersACommandWhoseArgumentsCannotBeReadWhereItHasEnough) {
    auto const message = [](std::initializer_list<amf0::Value> values, std::string_view rest) {
        return joined({amf0::write_all(values), hex(rest)});
    };
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    auto const url = amf0::Object{}.with("app", "live").with("tcUrl", "rtmp://h/live");
    for (auto const& body :
         {message({"connect", 1.0, url}, "11 0a0b01"), message({"setPeerInfo", 2.0}, "11 0904"),
          message({"x", 3.0, amf0::Null{}}, "04"), message({"y", 4.0, amf0::Null{}}, "07 0001"),
          message({"z", 5.0, amf0::Null{}, "a"}, "0e"),
          message({"publish", 6.0, amf0::Null{}, "in"}, "11 06")}) {
        auto const sent = dialogue.send(MessageType::command_amf0, body);
        ASSERT_TRUE(sent) << sent.error().text;
    }
    ASSERT_EQ(dialogue.sink.publishes.size(), 1U);
    EXPECT_EQ(dialogue.sink.publishes[0].path, "live/in");
}

TEST(ServerSession, TellsAPublisherWhyTheConnectionCannotGoOn) {
    Limits limits;
    limits.max_message_size = 1000;
    Dialogue dialogue(limits);
    dialogue.start_publish();
    dialogue.session.accept_publish();
    dialogue.drain();
    dialogue.take_replies();
    EXPECT_FALSE(dialogue.send(MessageType::video, base::Bytes(1001)));
    EXPECT_THAT(dialogue.take_replies(),
                ElementsAre(R"(5/1 "onStatus" 5 null {level:"error",)"
                            R"(code:"NetStream.Publish.Failed",)"
                            R"(description:"message body is too big: 1001 bytes"})"));
}

TEST(ServerSession, IsNotClosedByTheEndOfAnotherStreamOrBeforeThereIsOne) {
    Dialogue dialogue;
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.connect());
    ASSERT_TRUE(dialogue.command({"deleteStream", 0, amf0::Null{}, {1.0}}));
    ASSERT_TRUE(dialogue.command({"closeStream", 0, amf0::Null{}, {}}));
    ASSERT_TRUE(dialogue.publish());
    for (double const other : {0.0, 2.0, -1.0, 9007199254740992.0, std::nan("")}) {
        ASSERT_TRUE(dialogue.command({"deleteStream", 0, amf0::Null{}, {other}}));
    }
    EXPECT_EQ(dialogue.sink.closed, 0);
}

TEST(ServerSession, RejectsWithTheGivenStatusAndIgnoresWhatFollows) {
    Dialogue dialogue;
    dialogue.start_publish();
    dialogue.session.reject("NetStream.Publish.Unauthorized", "authentication failed");
    dialogue.drain();
    EXPECT_THAT(dialogue.take_replies(), ElementsAre(R"(5/1 "onStatus" 5 null {level:"error",)"
                                                     R"(code:"NetStream.Publish.Unauthorized",)"
                                                     R"(description:"authentication failed"})"));
    EXPECT_TRUE(dialogue.send(MessageType::video, hex("1700000000")));  // librtmp goes on sending
    EXPECT_TRUE(dialogue.publish());
    EXPECT_THAT(dialogue.sink.media, IsEmpty());
    EXPECT_EQ(dialogue.sink.publishes.size(), 1U);
}

// Answers from inside the sink, in the middle of a feed.
struct AnsweringServer final : RecordingServer {
    ServerSession* session = nullptr;
    bool accept = true;
    void on_publish(PublishRequest&& request) override {
        RecordingServer::on_publish(std::move(request));
        if (accept) {
            session->accept_publish();
        } else {
            session->reject("NetStream.Publish.Denied", "no");
        }
        session->output().clear();  // as if sent
    }
};

TEST(ServerSession, MayBeAnsweredFromInsideTheSink) {
    for (bool const accept : {true, false}) {
        ServerSession session(1);
        AnsweringServer sink;
        sink.session = &session;
        sink.accept = accept;
        base::Bytes wire = client_hello();
        auto const append = [&](MessageType type, base::ByteView body) {
            append_message(wire, {type, 3, 1, 0}, body, kDefaultChunkSize);
        };
        append(MessageType::command_amf0,
               write_command({"connect", 1, amf0::Object{}.with("app", "a"), {}}));
        append(MessageType::command_amf0, write_command({"publish", 2, amf0::Null{}, {"k"}}));
        append(MessageType::video, hex("1700000000"));
        ASSERT_TRUE(session.feed(wire, sink));
        EXPECT_EQ(sink.media.size(), accept ? 1U : 0U);
    }
}

TEST(ServerSession, AcknowledgesOncePerWindow) {
    Dialogue dialogue;
    dialogue.start_publish();
    dialogue.session.accept_publish();
    dialogue.drain();
    dialogue.take_replies();
    ASSERT_TRUE(dialogue.send(MessageType::window_ack_size, hex("00010000")));
    int acknowledgements = 0;
    base::Bytes const body(1000, 0x17);
    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(dialogue.send(MessageType::video, body));
        for (auto const& reply : dialogue.take_replies()) {
            EXPECT_TRUE(reply.starts_with("2/0 type 3 ")) << reply;
            ++acknowledgements;
        }
    }
    EXPECT_EQ(acknowledgements, 3);  // 200 kB and the handshake in windows of 64 KiB
}

TEST(ServerSession, CountsTheHandshakeInAcknowledgements) {
    Limits limits;
    limits.min_ack_window = 1;
    Dialogue dialogue(limits);
    ASSERT_TRUE(dialogue.shake_hands());
    ASSERT_TRUE(dialogue.send(MessageType::window_ack_size, hex("00000001")));
    EXPECT_THAT(dialogue.take_replies(), ElementsAre("2/0 type 3 00000c11"));  // 3073 + 16
}

TEST(ServerSession, AnswersPings) {
    Dialogue dialogue;
    dialogue.start_publish();
    ASSERT_TRUE(dialogue.send(MessageType::user_control, hex("0006 01020304")));
    EXPECT_THAT(dialogue.take_replies(), ElementsAre("2/0 type 4 000701020304"));
}

}  // namespace
}  // namespace tidegate::rtmp::test
