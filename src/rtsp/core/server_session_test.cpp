// Dialogues of raw clients with the server machine: exact responses, every state, hostile requests.
#include "rtsp/core/server_session.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "rtsp/core/limits.hpp"

namespace tidegate::rtsp {
namespace {

std::string const kId(32, 'f');
std::string const kSessionLine = "Session: " + kId + "\r\n";
std::string const kTcp = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
std::string const kBase = "rtsp://h:8554/live/a/out";

std::string request(std::string const& method, std::string const& url,
                    std::string const& headers = {}, std::string const& body = {}) {
    return method + " " + url + " RTSP/1.0\r\nCSeq: 5\r\n" + headers +
           (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") +
           "\r\n" + body;
}

std::string const kAnnounceSdp =
    "v=0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1\r\na=control:streamid=0\r\n";

class Dialogue : public testing::Test, public ServerSink {
protected:
    void on_event(ServerEvent&& event) override { events.push_back(std::move(event)); }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        packets.push_back({track, rtcp, packet.size()});
    }
    void on_caption(Caption&& caption) override { captions.push_back(std::move(caption)); }
    static ServerSettings settings() {
        ServerSettings settings;
        settings.new_session_id = [] { return kId; };
        settings.challenges = {{.scheme = Scheme::basic, .realm = "ipcam"}};
        return settings;
    }
    std::string send(std::string const& text) {
        session.feed(base::as_bytes(text), *this);
        return output();
    }
    std::string output() { return std::string(base::as_text(session.take_output())); }
    int status(std::string const& text) {
        auto const out = send(text);
        return out.size() < 12 ? 0 : std::stoi(out.substr(9, 3));
    }
    void to_pre_play() {
        send(request("SETUP", kBase + "/trackID=0", kTcp));
        session.attach_ok(kSsrcs);
        output();
    }
    void to_playing() {
        to_pre_play();
        send(request("PLAY", kBase + "/", kSessionLine));
        session.play_ok({});
        output();
    }
    void to_pre_record(std::string const& sdp = kAnnounceSdp) {
        send(request("ANNOUNCE", kBase, "Content-Type: application/sdp\r\n", sdp));
        session.announce_ok();
        output();
    }
    void to_recording(std::string const& attributes = {}) {
        auto sdp = kAnnounceSdp;
        sdp.insert(sdp.find("m="), attributes);
        to_pre_record(sdp);
        send(request("SETUP", kBase + "/streamid=0", "Transport: RTP/AVP/TCP;mode=record\r\n"));
        send(request("RECORD", kBase, kSessionLine));
        session.record_ok();
        output();
    }

    struct Packet {
        std::uint16_t track;
        bool rtcp;
        std::size_t size;
    };
    static constexpr std::uint32_t kSsrcs[] = {0x0A0B0C0D, 0x01020304};
    ServerSession session{settings()};
    std::vector<ServerEvent> events;
    std::vector<Packet> packets;
    std::vector<Caption> captions;
};

TEST_F(Dialogue, OptionsIsAnsweredToTheByte) {
    EXPECT_EQ(
        send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
        "RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, PAUSE, "
        "GET_PARAMETER, TEARDOWN\r\nServer: gortsplib\r\n\r\n");
}

TEST_F(Dialogue, DescribeCarriesThePathAndTheDescription) {
    EXPECT_EQ(send(request("DESCRIBE", "rtsp://u:p@h/live/a/out?lang=es", "User-Agent: x\r\n")),
              "");
    auto const& target = std::get<Describe>(events.at(0)).target;
    EXPECT_EQ(target.path, "live/a/out");
    EXPECT_EQ(target.query, "lang=es");
    EXPECT_EQ(target.user_agent, "x");
    session.describe_ok({});
    EXPECT_EQ(output(),
              "RTSP/1.0 200 OK\r\nCSeq: 5\r\nContent-Base: rtsp://h/live/a/out?lang=es/\r\n"
              "Content-Length: 61\r\nContent-Type: application/sdp\r\nServer: gortsplib\r\n\r\n" +
                  write_sdp({}));
    EXPECT_FALSE(session.closing());
}

TEST_F(Dialogue, SetupPlayPauseTeardownAreAnsweredToTheByte) {
    send(request("SETUP", kBase + "/trackID=0",
                 "Transport: RTP/AVP/TCP;unicast;interleaved=4-5\r\n"));
    session.attach_ok(kSsrcs);
    EXPECT_EQ(output(), "RTSP/1.0 200 OK\r\nCSeq: 5\r\nServer: gortsplib\r\nSession: " + kId +
                            ";timeout=55\r\nTransport: "
                            "RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=0A0B0C0D\r\n\r\n");
    EXPECT_NE(
        send(request("SETUP", kBase + "/trackID=1", "Transport: RTP/AVP/TCP\r\n" + kSessionLine))
            .find("interleaved=0-1;ssrc=01020304"),
        std::string::npos);
    send(request("PLAY", kBase + "/", kSessionLine + "Range: npt=0.000-\r\n"));
    ServerSession::Position const positions[] = {{1, 9, 8}};
    session.play_ok(positions);
    EXPECT_EQ(output(), "RTSP/1.0 200 OK\r\nCSeq: 5\r\nRTP-Info: url=" + kBase +
                            "/trackID=0,url=" + kBase +
                            "/trackID=1;seq=9;rtptime=8\r\nServer: gortsplib\r\nSession: " + kId +
                            ";timeout=55\r\n\r\n");
    EXPECT_EQ(session.state(), ServerState::playing);
    send(std::string("$\x05\x00\x02rr", 6));
    ASSERT_EQ(packets.size(), 1U);
    EXPECT_TRUE(packets[0].rtcp);
    send(request("PAUSE", kBase, kSessionLine));
    session.pause_ok();
    EXPECT_EQ(session.state(), ServerState::pre_play);
    output();
    EXPECT_EQ(send(request("TEARDOWN", kBase, kSessionLine)),
              "RTSP/1.0 200 OK\r\nCSeq: 5\r\nServer: gortsplib\r\n\r\n");
    EXPECT_TRUE(std::holds_alternative<Teardown>(events.back()));
    EXPECT_EQ(status(request("TEARDOWN", kBase, kSessionLine)), 454);
}

TEST_F(Dialogue, GetParameterKeepsASessionAlive) {
    EXPECT_EQ(status(request("GET_PARAMETER", kBase)), 501);
    EXPECT_FALSE(session.closing());
    to_playing();
    EXPECT_EQ(send(request("GET_PARAMETER", kBase, kSessionLine)),
              "RTSP/1.0 200 OK\r\nCSeq: 5\r\nContent-Type: text/parameters\r\nServer: gortsplib\r\n"
              "Session: " +
                  kId + ";timeout=55\r\n\r\n");
}

std::string const kCaption =
    "x-caption-language: es\r\nx-caption-track: 0\r\nx-caption-rtptime: 9\r\n"
    "x-caption-duration: 2500\r\nx-caption-text: hola\r\n";
std::string const kParameters = kSessionLine + "Content-Type: Text/Parameters; charset=utf-8\r\n";

TEST_F(Dialogue, APublisherThatHasAnnouncedCaptionsTellsThem) {
    to_recording("a=x-captions:es\r\n");
    EXPECT_EQ(send(request("SET_PARAMETER", kBase, kParameters, kCaption)),
              "RTSP/1.0 200 OK\r\nCSeq: 5\r\nServer: gortsplib\r\nSession: " + kId +
                  ";timeout=55\r\n\r\n");
    ASSERT_EQ(captions.size(), 1U);
    EXPECT_EQ(captions[0].text, "hola");
    // These keep the session alive, as they did before.
    for (auto const& [headers, body] :
         {std::pair{kParameters, std::string("volume: 5\r\n")}, std::pair{kSessionLine, kCaption},
          std::pair{kParameters, std::string()}, std::pair{kSessionLine, std::string()}}) {
        EXPECT_EQ(status(request("SET_PARAMETER", kBase, headers, body)), 200);
    }
    EXPECT_EQ(status(request("GET_PARAMETER", kBase, kParameters, kCaption)), 200);
    EXPECT_EQ(captions.size(), 1U);
}

TEST_F(Dialogue, OthersTellNoCaptions) {
    to_recording();
    EXPECT_EQ(status(request("SET_PARAMETER", kBase, kParameters, kCaption)), 200);
    EXPECT_TRUE(captions.empty());
}

TEST_F(Dialogue, AReaderTellsNoCaptions) {
    to_playing();
    EXPECT_EQ(status(request("SET_PARAMETER", kBase, kParameters, kCaption)), 200);
    EXPECT_TRUE(captions.empty());
}

TEST_F(Dialogue, UdpIsRefusedAndTheConnectionKeptForTcp) {
    for (auto const* transport :
         {"RTP/AVP;unicast;client_port=8000-8001", "RTP/AVP/UDP;unicast;client_port=22-53",
          "RTP/AVP;multicast", "RTP/AVP;client_port=0-1;destination=8.8.8.8", "RTP/SAVP/TCP"}) {
        EXPECT_EQ(status(request("SETUP", kBase + "/trackID=0",
                                 "Transport: " + std::string(transport) + "\r\n")),
                  461)
            << transport;
        EXPECT_FALSE(session.closing());
    }
    to_pre_play();
    EXPECT_EQ(session.state(), ServerState::pre_play);
}

TEST_F(Dialogue, WhatIsPipelinedWaitsForTheAnswer) {
    send(request("DESCRIBE", kBase) + request("OPTIONS", "*"));
    EXPECT_EQ(events.size(), 1U);
    session.not_found("no stream is here");
    EXPECT_TRUE(session.closing());
    EXPECT_TRUE(output().starts_with("RTSP/1.0 404 Not Found\r\nCSeq: 5\r\n"));

    ServerSession second(settings());
    second.feed(base::as_bytes(request("DESCRIBE", kBase) + request("OPTIONS", "*")), *this);
    second.feed(base::as_bytes(request("OPTIONS", "*")), *this);
    second.describe_ok({});
    second.feed({}, *this);
    EXPECT_EQ(events.size(), 4U);
    second.feed(base::as_bytes(request("DESCRIBE", kBase)), *this);
    second.feed(base::Bytes(kMaxBacklog + 1, 'x'), *this);
    EXPECT_TRUE(second.closing());
}

TEST_F(Dialogue, AStrangersMessagesAreSmall) {
    auto const body = std::string(base::kMaxEarlyBytes, 'b');
    auto const head = request(
        "ANNOUNCE", kBase,
        "Content-Length: " + std::to_string(body.size()) + "\r\nContent-Type: application/sdp\r\n");
    EXPECT_EQ(status(head), 400) << "refused with its head: the body is not waited for";
    EXPECT_EQ(session.reason(), "body is too long");

    ServerSession second(settings());
    second.feed(base::Bytes{'$', 0, 0xFF, 0xFF}, *this);
    EXPECT_TRUE(second.closing());

    ServerSession known(settings());
    known.set_authorized();
    known.feed(base::as_bytes(head), *this);
    EXPECT_FALSE(known.closing());
    known.feed(base::as_bytes(body), *this);
    EXPECT_TRUE(known.closing()) << "read whole: it is no description";
}

TEST_F(Dialogue, AStrangersBacklogCountsWithTheBodyBeforeIt) {
    auto const sdp = kAnnounceSdp + "a=x:" + std::string(1000, 'x') + "\r\n";
    send(request("ANNOUNCE", kBase, "Content-Type: application/sdp\r\n", sdp));
    ASSERT_TRUE(session.waiting());
    session.feed(base::Bytes(base::kMaxEarlyBytes - sdp.size(), 'x'), *this);
    EXPECT_FALSE(session.closing());
    session.feed(base::Bytes{'x'}, *this);
    EXPECT_TRUE(session.closing());
}

TEST_F(Dialogue, RefusalsCloseExceptTheChallenge) {
    send(request("DESCRIBE", kBase));
    session.unauthorized();
    EXPECT_EQ(output(),
              "RTSP/1.0 401 Unauthorized\r\nCSeq: 5\r\nServer: gortsplib\r\n"
              "WWW-Authenticate: Basic realm=\"ipcam\"\r\n\r\n");
    EXPECT_FALSE(session.closing());
    send(request("DESCRIBE", kBase, "Authorization: Basic dTpw\r\n"));
    EXPECT_EQ(std::get<Describe>(events.back()).target.authorization->user, "u");
    EXPECT_TRUE(session.verify({"u", "p"}));
    EXPECT_FALSE(session.verify({"u", "x"}));
    session.wrong_credentials();
    EXPECT_EQ(output(), "RTSP/1.0 401 Unauthorized\r\nCSeq: 5\r\nServer: gortsplib\r\n\r\n");
    EXPECT_TRUE(session.closing());
}

struct Bad {
    char const* name;
    ServerState from;
    std::string text;
    int status;
};

TEST_F(Dialogue, EveryStateRefusesWhatDoesNotFit) {
    using enum ServerState;
    std::string const next = kBase + "/trackID=1";
    auto const transport = [](std::string const& value) {
        return "Transport: " + value + "\r\n" + kSessionLine;
    };
    auto const announce =
        request("ANNOUNCE", kBase, "Content-Type: application/sdp\r\n", kAnnounceSdp);
    Bad const cases[] = {
        {"unknown method", idle, request("FLY", kBase), 501},
        {"SET_PARAMETER without Session", playing, request("SET_PARAMETER", kBase), 501},
        {"a session without a name", idle, request("PLAY", kBase, "Session: ;timeout=60\r\n"), 454},
        {"PLAY without Session", pre_play, request("PLAY", kBase), 501},
        {"TEARDOWN without Session", playing, request("TEARDOWN", kBase), 501},
        {"PLAY before SETUP", idle, request("PLAY", kBase, kSessionLine), 454},
        {"RECORD without ANNOUNCE", pre_play, request("RECORD", kBase, kSessionLine), 400},
        {"foreign session", playing, request("PLAY", kBase, "Session: abc\r\n"), 454},
        {"foreign session of SETUP", pre_play, request("SETUP", next, kTcp + "Session: abc\r\n"),
         400},
        {"no CSeq", idle, "OPTIONS * RTSP/1.0\r\n\r\n", 400},
        {"CSeq of letters", idle, "OPTIONS * RTSP/1.0\r\nCSeq: x\r\n\r\n", 400},
        {"CSeq of a sign", idle, "OPTIONS * RTSP/1.0\r\nCSeq: -\r\n\r\n", 400},
        {"CSeq of two signs", idle, "OPTIONS * RTSP/1.0\r\nCSeq: +-1\r\n\r\n", 400},
        {"CSeq without end", idle,
         "OPTIONS * RTSP/1.0\r\nCSeq: " + std::string(21, '1') + "\r\n\r\n", 400},
        {"HTTP", idle, "GET / HTTP/1.1\r\n\r\n", 400},
        {"junk", idle, std::string("\x01junk"), 400},
        {"DESCRIBE *", idle, request("DESCRIBE", "*"), 400},
        {"SETUP without Transport", idle, request("SETUP", next), 400},
        {"SETUP without track", idle, request("SETUP", kBase, kTcp), 400},
        {"channels 0-0", pre_play, request("SETUP", next, transport("RTP/AVP/TCP;interleaved=0-0")),
         400},
        {"channels used", pre_play,
         request("SETUP", next, transport("RTP/AVP/TCP;interleaved=0-1")), 400},
        {"channels overlap", pre_play,
         request("SETUP", next, transport("RTP/AVP/TCP;interleaved=1-2")), 400},
        {"channels 300", pre_play,
         request("SETUP", next, transport("RTP/AVP/TCP;interleaved=300-301")), 400},
        {"mode record on play", pre_play,
         request("SETUP", next, transport("RTP/AVP/TCP;mode=\"RECORD\"")), 400},
        {"track twice", pre_play, request("SETUP", kBase + "/trackID=0", transport("RTP/AVP/TCP")),
         400},
        {"no such track", pre_play,
         request("SETUP", kBase + "/trackID=2", transport("RTP/AVP/TCP")), 400},
        {"another path", pre_play,
         request("SETUP", "rtsp://h/live/b/out/trackID=1", transport("RTP/AVP/TCP")), 400},
        {"UDP after TCP", pre_play, request("SETUP", next, transport("RTP/AVP;client_port=1-2")),
         461},
        {"PLAY another path", pre_play, request("PLAY", "rtsp://h/live/b/out", kSessionLine), 400},
        {"PLAY a track of another path", pre_play,
         request("PLAY", "rtsp://h/live/b/out/trackID=0", kSessionLine), 400},
        {"RECORD a track of another path", pre_record,
         request("RECORD", "rtsp://h/live/b/out/streamid=0", kSessionLine), 400},
        {"SETUP while playing", playing, request("SETUP", next, kTcp + kSessionLine), 400},
        {"ANNOUNCE twice", pre_record, announce, 400},
        {"ANNOUNCE in play", pre_play, announce, 400},
        {"ANNOUNCE without type", idle, request("ANNOUNCE", kBase, "", kAnnounceSdp), 400},
        {"ANNOUNCE bad SDP", idle,
         request("ANNOUNCE", kBase, "Content-Type: application/sdp\r\n", "v=0\r\n"), 400},
        {"ANNOUNCE of another type", idle,
         request("ANNOUNCE", kBase, "Content-Type: text/sdp;application/sdp\r\n", kAnnounceSdp),
         400},
        {"ANNOUNCE of G.722 alone", idle,
         request("ANNOUNCE", kBase, "Content-Type: application/sdp\r\n",
                 "v=0\r\nm=audio 0 RTP/AVP 9\r\n"),
         400},
        {"ANNOUNCE LATM", idle,
         request("ANNOUNCE", kBase, "Content-Type: application/sdp\r\n",
                 "v=0\r\nm=audio 0 RTP/AVP 96\r\na=rtpmap:96 MP4A-LATM/1\r\n"),
         400},
        {"RECORD before SETUP", pre_record, request("RECORD", kBase, kSessionLine), 400},
        {"SETUP mode play on record", pre_record,
         request("SETUP", kBase + "/streamid=0", "Transport: RTP/AVP/TCP;mode=play\r\n"), 400},
        {"SETUP unknown control", pre_record,
         request("SETUP", kBase + "/streamid=9", "Transport: RTP/AVP/TCP;mode=record\r\n"), 400},
        {"PLAY on record", recording, request("PLAY", kBase, kSessionLine), 400},
        {"PAUSE in idle", idle, request("PAUSE", kBase, kSessionLine), 454},
    };
    for (auto const& c : cases) {
        session = ServerSession(settings());
        if (c.from == pre_play) to_pre_play();
        if (c.from == playing) to_playing();
        if (c.from == pre_record) to_pre_record();
        if (c.from == recording) to_recording();
        ASSERT_EQ(session.state(), c.from) << c.name;
        EXPECT_EQ(status(c.text), c.status) << c.name;
        EXPECT_EQ(session.closing(), c.status != 501 && c.status != 461) << c.name;
        EXPECT_FALSE(session.reason().empty()) << c.name;
    }
}

TEST_F(Dialogue, APublisherIsRecordedAndPaused) {
    to_recording();
    EXPECT_EQ(session.state(), ServerState::recording);
    EXPECT_EQ(std::get<Announce>(events.at(0)).description.tracks().size(), 1U);
    send(std::string("$\x00\x00\x01x$\x01\x00\x01y$\x07\x00\x01z", 15));
    ASSERT_EQ(packets.size(), 2U);
    EXPECT_FALSE(packets[0].rtcp);
    EXPECT_TRUE(packets[1].rtcp);
    EXPECT_EQ(session.stray_frames(), 1U);
    send(request("PAUSE", kBase, kSessionLine));
    session.pause_ok();
    EXPECT_EQ(session.state(), ServerState::pre_record);
}

TEST_F(Dialogue, PublishersMayPutTheControlBehindPathOrQuery) {
    for (auto const* url : {"rtsp://h/a/streamid=0?x=1", "rtsp://h/a?x=1/streamid=0"}) {
        session = ServerSession(settings());
        send(request("ANNOUNCE", "rtsp://h/a?x=1", "Content-Type: application/sdp\r\n",
                     kAnnounceSdp));
        session.announce_ok();
        output();
        EXPECT_EQ(status(request("SETUP", url, "Transport: RTP/AVP/TCP;mode=record\r\n")), 200)
            << url;
    }
}

TEST_F(Dialogue, APublishersControlMayBeWrittenInManyWays) {
    struct Case {
        char const* control;
        char const* url;
        bool found = true;
    };
    Case const cases[] = {
        {"/trackID=0", "rtsp://h/a/trackID=0"},
        {"/trackID=0", "rtsp://h/trackID=0"},
        {"rtsp://10.0.0.5:554/a/trackID=0", "rtsp://10.0.0.5:554/a/trackID=0"},
        {"rtsp://10.0.0.5:554/a/trackID=0", "rtsp://h/a/trackID=0"},
        {"RTSP://10.0.0.5/a/trackID=0", "RTSP://h:8554/a/trackID=0"},
        {"rtsp://10.0.0.5/b/trackID=0", "rtsp://h/a/trackID=0", false},
        {"rtsp://10.0.0.5/a/trackID=0", "rtsp://h/a/trackID=0?x=1", false},
        {"rtsp://[", "rtsp://h/a/trackID=0", false},
        {"/trackID=0", "rtsp://h/b/trackID=0", false},
    };
    for (auto const& c : cases) {
        session = ServerSession(settings());
        auto sdp = kAnnounceSdp;
        sdp.replace(sdp.find("streamid=0"), 10, c.control);
        send(request("ANNOUNCE", "rtsp://h/a", "Content-Type: Application/SDP; charset=utf-8\r\n",
                     sdp));
        session.announce_ok();
        output();
        EXPECT_EQ(status(request("SETUP", c.url, "Transport: RTP/AVP/TCP;unicast\r\n")),
                  c.found ? 200 : 400)
            << c.control << " " << c.url;
    }
}

TEST_F(Dialogue, WhatIsNotCarriedMayBeSetUpOrNot) {
    for (bool const both : {true, false}) {
        session = ServerSession(settings());
        events.clear();
        send(request("ANNOUNCE", kBase, "Content-Type: application/sdp\r\n",
                     kAnnounceSdp + "m=audio 0 RTP/AVP 9\r\na=control:streamid=1\r\n"));
        session.announce_ok();
        output();
        auto const& medias = std::get<Announce>(events.at(0)).description.medias;
        ASSERT_EQ(medias.size(), 2U);
        EXPECT_EQ(medias[1].unsupported, "codec G722 is not supported");
        EXPECT_EQ(status(request("SETUP", kBase + "/streamid=0", kTcp)), 200);
        if (both) {
            EXPECT_EQ(status(request("SETUP", kBase + "/streamid=1", "Transport: RTP/AVP/TCP\r\n")),
                      200);
        }
        send(request("RECORD", kBase, kSessionLine));
        EXPECT_TRUE(std::holds_alternative<Record>(events.back())) << both;
    }
}

TEST_F(Dialogue, ARefusedAnnounceNamesTheCodecs) {
    EXPECT_EQ(status(request("ANNOUNCE", kBase, "Content-Type: application/sdp\r\n",
                             "m=audio 0 RTP/AVP 9\r\nm=video 0 RTP/AVP 97\r\n"
                             "a=rtpmap:97 VP8/90000\r\nm=audio 0 RTP/AVP 9\r\n")),
              400);
    EXPECT_EQ(session.reason(),
              "no track can be carried: codec G722 is not supported, codec VP8 is not supported");
}

TEST_F(Dialogue, AClientMayNameItsSessionItself) {
    std::string const own = "Session: 12345\r\n";
    EXPECT_EQ(status(request("OPTIONS", kBase, own)), 200);
    EXPECT_EQ(status(request("OPTIONS", "*", own)), 200);
    send(request("DESCRIBE", kBase, own));
    session.describe_ok({});
    output();
    send(request("SETUP", kBase + "/trackID=0", kTcp + own));
    session.attach_ok(kSsrcs);
    EXPECT_NE(output().find("Session: " + kId), std::string::npos);
    EXPECT_EQ(status(request("SETUP", kBase + "/trackID=1", "Transport: RTP/AVP/TCP\r\n" + own)),
              200);
    send(request("PLAY", kBase, own));
    session.play_ok({});
    EXPECT_NE(output().find(" 200 OK"), std::string::npos);
    EXPECT_EQ(status(request("GET_PARAMETER", kBase, kSessionLine)), 200);
    EXPECT_EQ(status(request("TEARDOWN", kBase, own)), 200);
    EXPECT_EQ(status(request("PLAY", kBase, own)), 454) << "with its session the name is gone";
}

TEST_F(Dialogue, ManyThingsKeepASessionAliveOrStartIt) {
    to_pre_play();
    EXPECT_EQ(send("SET_PARAMETER " + kBase + " RTSP/1.0\r\nCSeq: +7\r\nX-Cam.Rate: 1\r\n" +
                   kSessionLine + "\r\n"),
              "RTSP/1.0 200 OK\r\nCSeq: +7\r\nServer: gortsplib\r\nSession: " + kId +
                  ";timeout=55\r\n\r\n");
    EXPECT_TRUE(std::holds_alternative<KeepAlive>(events.back()));
    send(request("PLAY", kBase + "/trackID=0", kSessionLine));
    EXPECT_TRUE(std::holds_alternative<Play>(events.back()));
}

TEST_F(Dialogue, AFrameBeforeAnySessionClosesAndLaterIsStray) {
    to_pre_play();
    send(std::string("$\x00\x00\x00", 4));
    EXPECT_FALSE(session.closing());
    EXPECT_EQ(session.stray_frames(), 1U);
    session = ServerSession(settings());
    send(std::string("$\xFF\x00\x01z", 5));
    EXPECT_TRUE(session.closing());
}

}  // namespace
}  // namespace tidegate::rtsp
