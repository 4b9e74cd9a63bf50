// The client with the servers that it meets: the exact requests, and what it makes of the answers.
// MediaMTX's answers were captured (1.20.1); those of the cameras, of live555 and of GStreamer's
// server are written as these are known to answer.
#include <gtest/gtest.h>

#include "rtsp/core/client_session.hpp"
#include "rtsp/core/test_wire.hpp"

namespace tidegate::rtsp {
namespace {

using test::wire;
using test::with_body;

struct ServerStep {
    std::string request;  // what the client has sent before the answer
    std::string answer;
};

struct ServerCase {
    char const* name;
    char const* url;
    std::vector<ServerStep> steps;
    std::vector<std::string> tracks;  // of Playing, as summary() writes them
    std::string failure = {};         // of Failed; empty: it plays
    std::string last_request = {};    // after the last answer
};

struct Player final : ClientSink {
    void on_event(ClientEvent&& event) override {
        if (auto* const playing = std::get_if<Playing>(&event)) tracks = std::move(playing->tracks);
        if (auto* const failed = std::get_if<Failed>(&event)) {
            failure = std::to_string(failed->status) + " " + failed->reason;
        }
    }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        packets += std::to_string(track) + (rtcp ? "c" : "p") + std::string(base::as_text(packet));
    }
    std::vector<ClientTrack> tracks;
    std::string failure;
    std::string packets;
};

// "H264 on 0, ssrc 1, seq 2, rtptime 3": what is not told is left out.
std::string summary(ClientTrack const& track) {
    auto text =
        std::string(track.description.track->label()) + " on " + std::to_string(track.channel);
    if (track.ssrc) text += ", ssrc " + std::to_string(*track.ssrc);
    if (!track.position) return text;
    if (track.position->sequence) text += ", seq " + std::to_string(*track.position->sequence);
    if (track.position->rtptime) text += ", rtptime " + std::to_string(*track.position->rtptime);
    return text;
}

std::string const kAgent = "User-Agent: tidegate\n";

ServerCase mediamtx() {
    std::string const session = "Session: bce06b22e6d84e9aaf096055a032e066\n";
    return {
        "MediaMTX",
        "rtsp://127.0.0.1:38955/open",
        {{wire("DESCRIBE rtsp://127.0.0.1:38955/open RTSP/1.0\nAccept: application/sdp\nCSeq: 1\n" +
               kAgent + "\n"),
          with_body("RTSP/1.0 200 OK\nCSeq: 1\nContent-Base: rtsp://127.0.0.1:38955/open/\n"
                    "Content-Type: application/sdp\nServer: gortsplib\n",
                    "v=0\n"
                    "o=- 0 0 IN IP4 127.0.0.1\n"
                    "s=No Name\n"
                    "c=IN IP4 0.0.0.0\n"
                    "t=0 0\n"
                    "m=video 0 RTP/AVP 96\n"
                    "a=control:trackID=0\n"
                    "a=rtpmap:96 H264/90000\n"
                    "a=fmtp:96 packetization-mode=1; profile-level-id=42C00A; "
                    "sprop-parameter-sets=Z0LACtoR7ARAAAADAEAAAAUDxImo,aM4PyA==\n"
                    "m=audio 0 RTP/AVP 97\n"
                    "a=control:trackID=1\n"
                    "a=rtpmap:97 mpeg4-generic/44100/1\n"
                    "a=fmtp:97 config=1208; indexdeltalength=3; indexlength=3; mode=AAC-hbr; "
                    "profile-level-id=1; sizelength=13; streamtype=5\n")},
         {wire("SETUP rtsp://127.0.0.1:38955/open/trackID=0 RTSP/1.0\nCSeq: 2\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\n" +
               kAgent + "\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 2\nServer: gortsplib\n"
               "Session: bce06b22e6d84e9aaf096055a032e066;timeout=55\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=F95C7F2A\n\n")},
         {wire("SETUP rtsp://127.0.0.1:38955/open/trackID=1 RTSP/1.0\nCSeq: 3\n" + session +
               "Transport: RTP/AVP/TCP;unicast;interleaved=2-3\n" + kAgent + "\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 3\nServer: gortsplib\n"
               "Session: bce06b22e6d84e9aaf096055a032e066;timeout=55\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=F8F47EEB\n\n")},
         {wire("PLAY rtsp://127.0.0.1:38955/open/ RTSP/1.0\nCSeq: 4\nRange: npt=0.000-\n" +
               session + kAgent + "\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 4\n"
               "RTP-Info: url=rtsp://127.0.0.1:38955/open/trackID=0;seq=3145;rtptime=2150809210,"
               "url=rtsp://127.0.0.1:38955/open/trackID=1;seq=1279;rtptime=2494826873\n"
               "Server: gortsplib\nSession: bce06b22e6d84e9aaf096055a032e066;timeout=55\n\n")}},
        {"H264 on 0, ssrc 4183588650, seq 3145, rtptime 2150809210",
         "MPEG-4 Audio on 2, ssrc 4176772843, seq 1279, rtptime 2494826873"}};
}

// Login, absolute controls, an ONVIF metadata track, and another order of the channels.
ServerCase hikvision() {
    std::string const base = "rtsp://10.0.0.64:554/Streaming/Channels/101";
    std::string const challenge =
        "WWW-Authenticate: Digest realm=\"IP Camera(C1234)\", nonce=\"d2f7c3a0b19e8f65\", "
        "stale=\"FALSE\"\nWWW-Authenticate: Basic realm=\"IP Camera(C1234)\"\n";
    auto const login = [](std::string const& uri, std::string const& response) {
        return "Authorization: Digest username=\"admin\", realm=\"IP Camera(C1234)\", "
               "nonce=\"d2f7c3a0b19e8f65\", uri=\"" +
               uri + "\", response=\"" + response + "\"\n";
    };
    return {
        "Hikvision",
        "rtsp://admin:12345@10.0.0.64:554/Streaming/Channels/101",
        {{wire("DESCRIBE " + base + " RTSP/1.0\nAccept: application/sdp\nCSeq: 1\n" + kAgent +
               "\n"),
          wire("RTSP/1.0 401 Unauthorized\nCSeq: 1\n" + challenge +
               "Date:  Mon, Jan 05 2026 10:00:00 GMT\n\n")},
         {wire("DESCRIBE " + base + " RTSP/1.0\nAccept: application/sdp\n" +
               login(base, "5e6cb310e9301ff16d866caba77e844a") + "CSeq: 2\n" + kAgent + "\n"),
          with_body("RTSP/1.0 200 OK\nCSeq: 2\nContent-Type: application/sdp\n"
                    "Content-Base: rtsp://10.0.0.64:554/Streaming/Channels/101/\n",
                    "v=0\n"
                    "o=- 1767607200000000 1767607200000000 IN IP4 10.0.0.64\n"
                    "s=Media Presentation\n"
                    "e=NONE\n"
                    "b=AS:5050\n"
                    "t=0 0\n"
                    "a=control:rtsp://10.0.0.64:554/Streaming/Channels/101/\n"
                    "m=video 0 RTP/AVP 96\n"
                    "c=IN IP4 0.0.0.0\n"
                    "b=AS:5000\n"
                    "a=recvonly\n"
                    "a=x-dimensions:1920,1080\n"
                    "a=control:rtsp://10.0.0.64:554/Streaming/Channels/101/trackID=1\n"
                    "a=rtpmap:96 H264/90000\n"
                    "a=fmtp:96 profile-level-id=420029; packetization-mode=1; "
                    "sprop-parameter-sets=Z2QAKawsaoHgCJ+WbgICAgQ=,aO48sAA=\n"
                    "m=audio 0 RTP/AVP 104\n"
                    "c=IN IP4 0.0.0.0\n"
                    "b=AS:50\n"
                    "a=recvonly\n"
                    "a=control:rtsp://10.0.0.64:554/Streaming/Channels/101/trackID=2\n"
                    "a=rtpmap:104 mpeg4-generic/16000/1\n"
                    "a=fmtp:104 profile-level-id=15; streamtype=5; mode=AAC-hbr; config=1408; "
                    "SizeLength=13; IndexLength=3; IndexDeltaLength=3; Profile=1\n"
                    "m=application 0 RTP/AVP 107\n"
                    "c=IN IP4 0.0.0.0\n"
                    "a=control:rtsp://10.0.0.64:554/Streaming/Channels/101/trackID=3\n"
                    "a=rtpmap:107 vnd.onvif.metadata/90000\n"
                    "a=Media_header:MEDIAINFO=494D4B48010100000400000111710110401F00\n"
                    "a=appversion:1.0\n")},
         {wire("SETUP " + base + "/trackID=1 RTSP/1.0\n" +
               login(base + "/trackID=1", "b0cb28327909446beb545d62a3c085cf") +
               "CSeq: 3\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\n" + kAgent + "\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 3\nSession:       1425372410;timeout=60\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=4a1d8f02;mode=\"play\"\n"
               "Date:  Mon, Jan 05 2026 10:00:00 GMT\n\n")},
         {wire("SETUP " + base + "/trackID=2 RTSP/1.0\n" +
               login(base + "/trackID=2", "2cc20ba00c0ae8362d84f6f6e122970b") +
               "CSeq: 4\nSession: 1425372410\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=2-3\n" +
               kAgent + "\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 4\nSession:       1425372410;timeout=60\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=00000007;mode=\"play\"\n\n")},
         {wire("PLAY " + base + "/ RTSP/1.0\n" +
               login(base + "/", "373226eb1d73bbf959ce4181e9fcee75") +
               "CSeq: 5\nRange: npt=0.000-\nSession: 1425372410\n" + kAgent + "\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 5\nSession:       1425372410\n"
               "RTP-Info: url=trackID=1;seq=1;rtptime=90000,url=trackID=2;seq=65535\n\n")}},
        {"H264 on 0, ssrc 1243451138, seq 1, rtptime 90000",
         "MPEG-4 Audio on 4, ssrc 7, seq 65535"}};
}

// No Content-Base, controls below the URL, an ONVIF back channel that must not be set up, and a
// status line without a phrase.
ServerCase dahua() {
    std::string const base = "rtsp://10.0.0.65/cam/realmonitor?channel=1&subtype=0";
    return {
        "Dahua",
        "rtsp://10.0.0.65/cam/realmonitor?channel=1&subtype=0",
        {{wire("DESCRIBE " + base + " RTSP/1.0\nAccept: application/sdp\nCSeq: 1\n" + kAgent +
               "\n"),
          with_body("RTSP/1.0 200\nCSeq: 1\nx-Accept-Dynamic-Rate: 1\n"
                    "Cache-Control: must-revalidate\nContent-type: application/sdp\n",
                    "v=0\n"
                    "o=- 2251938191 2251938191 IN IP4 0.0.0.0\n"
                    "s=RTSP Session/2.0\n"
                    "c=IN IP4 0.0.0.0\n"
                    "t=0 0\n"
                    "a=control:*\n"
                    "a=range:npt=now-\n"
                    "a=packetization-supported:DH\n"
                    "m=video 0 RTP/AVP 98\n"
                    "a=control:trackID=0\n"
                    "a=framerate:25.000000\n"
                    "a=rtpmap:98 H265/90000\n"
                    "a=fmtp:98 profile-id=1;sprop-sps=QgEBAWAAAAMAsAAAAwAAAwBaoAWCAeFja5JFL83BQYFA"
                    ";sprop-pps=RAHA8vA8kA==;sprop-vps=QAEMAf//AWAAAAMAsAAAAwAAAwBarAk=\n"
                    "a=recvonly\n"
                    "m=audio 0 RTP/AVP 8\n"
                    "a=control:trackID=1\n"
                    "a=rtpmap:8 PCMA/8000\n"
                    "a=recvonly\n"
                    "m=audio 0 RTP/AVP 97\n"
                    "a=control:trackID=5\n"
                    "a=rtpmap:97 mpeg4-generic/8000/1\n"
                    "a=sendonly\n")},
         {wire("SETUP " + base +
               "/trackID=0 RTSP/1.0\nCSeq: 2\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\n" +
               kAgent + "\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 2\nSession: 73826401912;timeout=60\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=0BAD\n"
               "x-Dynamic-Rate: 1\n\n")},
         {wire("SETUP " + base +
               "/trackID=1 RTSP/1.0\nCSeq: 3\nSession: 73826401912\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=2-3\n" +
               kAgent + "\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 3\nSession: 73826401912;timeout=60\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=0BAE\n"
               "x-Dynamic-Rate: 1\n\n")},
         {wire("PLAY " + base + " RTSP/1.0\nCSeq: 4\nRange: npt=0.000-\nSession: 73826401912\n" +
               kAgent + "\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 4\nSession: 73826401912\nRange: npt=0.000000-\n"
               "RTP-Info: url=trackID=0;seq=4711;rtptime=0\n\n")}},
        {"H265 on 0, ssrc 2989, seq 4711, rtptime 0", "G711 on 2, ssrc 2990"}};
}

// SHA-256 with qop is stronger than MD5 and Basic, and is taken.
ServerCase axis() {
    return {
        "Axis",
        "rtsp://u:p@cam/axis-media/media.amp",
        {{wire("DESCRIBE rtsp://cam/axis-media/media.amp RTSP/1.0\nAccept: application/sdp\n"
               "CSeq: 1\n" +
               kAgent + "\n"),
          wire("RTSP/1.0 401 Unauthorized\nCSeq: 1\nWWW-Authenticate: Basic realm=\"AXIS\"\n"
               "WWW-Authenticate: Digest realm=\"AXIS\", nonce=\"x\", algorithm=MD5, "
               "qop=\"auth\"\n"
               "WWW-Authenticate: Digest realm=\"Streaming Server\", nonce=\"n0nce\", "
               "algorithm=SHA-256, qop=\"auth\"\n\n")},
         {wire("DESCRIBE rtsp://cam/axis-media/media.amp RTSP/1.0\nAccept: application/sdp\n"
               "Authorization: Digest username=\"u\", realm=\"Streaming Server\", "
               "nonce=\"n0nce\", uri=\"rtsp://cam/axis-media/media.amp\", "
               "response=\"f334a1ff2b6a0d6406087aa28b12bdbb4596a6da82d34f824245975f5601940a\", "
               "algorithm=\"SHA-256\", qop=auth, nc=00000001, cnonce=\"c0ffee\"\nCSeq: 2\n" +
               kAgent + "\n"),
          wire("RTSP/1.0 401 Unauthorized\nCSeq: 2\nWWW-Authenticate: Basic realm=\"AXIS\"\n\n")}},
        {},
        "401 DESCRIBE: Unauthorized"};
}

ServerCase live555() {
    return {"live555",
            "rtsp://h:8554/test.264",
            {{wire("DESCRIBE rtsp://h:8554/test.264 RTSP/1.0\nAccept: application/sdp\nCSeq: 1\n" +
                   kAgent + "\n"),
              with_body("RTSP/1.0 200 OK\nCSeq: 1\nDate: Mon, Jan 05 2026 10:00:00 GMT\n"
                        "Content-Base: rtsp://h:8554/test.264/\nContent-Type: application/sdp\n",
                        "v=0\n"
                        "o=- 1767607200000000 1 IN IP4 10.0.0.1\n"
                        "s=H.264 Video, streamed by the LIVE555 Media Server\n"
                        "i=test.264\n"
                        "t=0 0\n"
                        "a=tool:LIVE555 Streaming Media v2023.01.19\n"
                        "a=type:broadcast\n"
                        "a=control:*\n"
                        "a=range:npt=now-\n"
                        "a=x-qt-text-nam:H.264 Video, streamed by the LIVE555 Media Server\n"
                        "m=video 0 RTP/AVP 96\n"
                        "c=IN IP4 0.0.0.0\n"
                        "b=AS:500\n"
                        "a=rtpmap:96 H264/90000\n"
                        "a=fmtp:96 packetization-mode=1;profile-level-id=42C00A;"
                        "sprop-parameter-sets=Z0LACtoR7ARAAAADAEAAAAUDxImo,aM4PyA==\n"
                        "a=control:track1\n")},
             {wire("SETUP rtsp://h:8554/test.264/track1 RTSP/1.0\nCSeq: 2\n"
                   "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\n" +
                   kAgent + "\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 2\nDate: Mon, Jan 05 2026 10:00:00 GMT\n"
                   "Transport: RTP/AVP/TCP;unicast;destination=10.0.0.2;source=10.0.0.1;"
                   "interleaved=0-1\nSession: 4F5A1B2C;timeout=65\n\n")},
             {wire("PLAY rtsp://h:8554/test.264/ RTSP/1.0\nCSeq: 3\nRange: npt=0.000-\n"
                   "Session: 4F5A1B2C\n" +
                   kAgent + "\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 3\nDate: Mon, Jan 05 2026 10:00:00 GMT\n"
                   "Range: npt=0.000-\nSession: 4F5A1B2C\n"
                   "RTP-Info: url=rtsp://h:8554/test.264/track1;seq=17;rtptime=9\n\n")}},
            {"H264 on 0, seq 17, rtptime 9"}};
}

ServerCase gstreamer() {
    return {"gst-rtsp-server",
            "rtsp://h:8554/test",
            {{wire("DESCRIBE rtsp://h:8554/test RTSP/1.0\nAccept: application/sdp\nCSeq: 1\n" +
                   kAgent + "\n"),
              with_body("RTSP/1.0 200 OK\nCSeq: 1\nContent-Type: application/sdp\n"
                        "Content-Base: rtsp://h:8554/test/\nServer: GStreamer RTSP server\n",
                        "v=0\n"
                        "o=- 17976 1 IN IP4 10.0.0.1\n"
                        "s=Session streamed with GStreamer\n"
                        "i=rtsp-server\n"
                        "t=0 0\n"
                        "a=tool:GStreamer\n"
                        "a=type:broadcast\n"
                        "a=control:*\n"
                        "a=range:npt=now-\n"
                        "m=audio 0 RTP/AVP 97\n"
                        "c=IN IP4 0.0.0.0\n"
                        "b=AS:96\n"
                        "a=rtpmap:97 OPUS/48000/2\n"
                        "a=fmtp:97 sprop-maxcapturerate=48000;sprop-stereo=1\n"
                        "a=control:stream=0\n"
                        "a=ts-refclk:local\n"
                        "a=mediaclk:sender\n")},
             {wire("SETUP rtsp://h:8554/test/stream=0 RTSP/1.0\nCSeq: 2\n"
                   "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\n" +
                   kAgent + "\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 2\n"
                   "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=3F1C0A55;mode=\"PLAY\"\n"
                   "Server: GStreamer RTSP server\nSession: 6ePkJ-5xqYjrn1z.\n\n")},
             {wire("PLAY rtsp://h:8554/test/ RTSP/1.0\nCSeq: 3\nRange: npt=0.000-\n"
                   "Session: 6ePkJ-5xqYjrn1z.\n" +
                   kAgent + "\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 3\n"
                   "RTP-Info: url=rtsp://h:8554/test/stream=0;seq=28519;rtptime=2147483648\n"
                   "Range: npt=now-\nServer: GStreamer RTSP server\n"
                   "Session: 6ePkJ-5xqYjrn1z.\n\n")}},
            {"Opus on 0, ssrc 1058802261, seq 28519, rtptime 2147483648"}};
}

// What is refused, and why the log says so.
ServerCase refused(char const* name, std::string const& answer, char const* failure) {
    return {
        name,
        "rtsp://h/a",
        {{wire("DESCRIBE rtsp://h/a RTSP/1.0\nAccept: application/sdp\nCSeq: 1\n" + kAgent + "\n"),
          answer}},
        {},
        failure};
}

std::vector<ServerCase> server_cases() {
    return {
        mediamtx(),
        hikvision(),
        dahua(),
        axis(),
        live555(),
        gstreamer(),
        refused("no such stream", wire("RTSP/1.0 404 Not Found\nCSeq: 1\n\n"),
                "404 DESCRIBE: Not Found"),
        refused("a phrase of its own", wire("RTSP/1.0 453 Not Enough Bandwidth\nCSeq: 1\n\n"),
                "453 DESCRIBE: Not Enough Bandwidth"),
        refused("a status without a phrase", wire("RTSP/1.0 500\nCSeq: 1\n\n"),
                "500 DESCRIBE: Internal Server Error"),
        refused("a login that nobody gave",
                wire("RTSP/1.0 401 Unauthorized\nCSeq: 1\n"
                     "WWW-Authenticate: Basic realm=\"x\"\n\n"),
                "401 DESCRIBE: Unauthorized"),
        refused("no description", wire("RTSP/1.0 200 OK\nCSeq: 1\n\n"),
                "0 DESCRIBE: SDP has no media"),
        refused("only what is not carried",
                with_body("RTSP/1.0 200 OK\nCSeq: 1\n", "v=0\nm=audio 0 RTP/AVP 9\na=control:x\n"),
                "0 DESCRIBE: no track can be read: codec G722 is not supported"),
        refused("HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "0 bytes are not an RTSP message"),
    };
}

void play(ServerCase const& test, std::size_t piece) {
    ClientSession client({.url = *parse_url(test.url), .new_cnonce = [] { return "c0ffee"; }});
    Player player;
    client.start();
    for (auto const& step : test.steps) {
        EXPECT_EQ(base::as_text(client.take_output()), step.request) << test.name;
        for (std::size_t at = 0; at < step.answer.size(); at += piece) {
            client.feed(base::as_bytes(std::string_view(step.answer).substr(at, piece)), player);
        }
    }
    EXPECT_EQ(player.failure, test.failure) << test.name;
    EXPECT_EQ(client.take_output(), base::Bytes{}) << test.name;
    std::vector<std::string> tracks;
    for (auto const& track : player.tracks) tracks.push_back(summary(track));
    EXPECT_EQ(tracks, test.tracks) << test.name;
    EXPECT_EQ(client.state(), test.failure.empty() ? ClientState::streaming : ClientState::over);
    if (tracks.empty()) return;

    auto const channel = static_cast<char>(player.tracks.back().channel);
    std::string const frames{'$',
                             channel,
                             0,
                             1,
                             'a',
                             '$',
                             static_cast<char>(channel + 1),
                             0,
                             1,
                             'b',
                             '$',
                             static_cast<char>(99),
                             0,
                             1,
                             'c'};
    client.feed(base::as_bytes(frames), player);
    auto const last = std::to_string(player.tracks.size() - 1);
    EXPECT_EQ(player.packets, last + "pa" + last + "cb") << test.name;
}

TEST(GoldenServers, AreAskedAndUnderstood) {
    for (auto const& test : server_cases()) play(test, 1 << 20);
}

TEST(GoldenServers, AreUnderstoodByteByByte) {
    for (auto const& test : server_cases()) play(test, 1);
}

struct Interval {
    char const* session;
    int seconds;
};

// Half of what the server gives, between a second and half a minute.
TEST(GoldenServers, AreKeptAliveInTime) {
    Interval const cases[] = {
        {"Session: x", 30},
        {"Session: x;timeout=60", 30},
        {"Session: x;timeout=55", 27},
        {"Session: x;timeout=600", 30},
        {"Session: x;timeout=1", 1},
        {"Session: x;timeout=0", 30},
        {"Session: x;timeout=-5", 30},
        {"Session: x;timeout=abc", 30},
        {"Session: x ; timeout = 20", 10},
    };
    for (auto const& c : cases) {
        auto test = live555();
        auto& answer = test.steps[1].answer;
        auto const at = answer.find("Session: ");
        answer.replace(at, answer.find('\r', at) - at, c.session);
        ClientSession client({.url = *parse_url(test.url)});
        Player player;
        client.start();
        for (auto const& step : test.steps) client.feed(base::as_bytes(step.answer), player);
        EXPECT_EQ(client.keep_alive_interval(), std::chrono::seconds{c.seconds}) << c.session;
        client.take_output();
        client.keep_alive();
        auto const sent = std::string(base::as_text(client.take_output()));
        EXPECT_EQ(sent, wire("GET_PARAMETER rtsp://h:8554/test.264/ RTSP/1.0\nCSeq: 4\n"
                             "Session: x\n" +
                             kAgent + "\n"));
    }
}

}  // namespace
}  // namespace tidegate::rtsp
