// What clients in use send, and what they get: whole dialogues with the server, to the byte. Those
// of FFmpeg 5.1 and GStreamer 1.22 were captured with MediaMTX 1.20.1 as the server, and the
// expected answers are MediaMTX's. Those of VLC 3 and of an NVR are written as live555 and such
// devices send.
#include <gtest/gtest.h>

#include "media/test_samples.hpp"
#include "rtsp/core/server_session.hpp"
#include "rtsp/core/test_wire.hpp"

namespace tidegate::rtsp {
namespace {

using media::test::hex;
using test::wire;
using test::with_body;

struct ClientStep {
    std::string sent;
    std::string answer;
};

struct ClientCase {
    char const* name;
    std::vector<ClientStep> steps;
    ServerState state;
    std::string path;
    std::string session_id;
    std::string nonce = {};  // of the Digest challenge; empty: no login
    std::vector<SetUpTrack> setups = {};
    media::Tracks announced = {};
    std::vector<ServerSession::Position> positions = {};
};

// The stream that FFmpeg published when the readers' dialogues were captured.
media::Tracks captured_tracks() {
    return {media::Track{media::H264Config{hex("6742c00ada11ec0440000003004000000503c489a8"),
                                           hex("68ce0fc8")}},
            media::Track{media::AacConfig{{0x12, 0x08}, 44100, 1}}};
}

// A router that lets everybody in who may: one stream for readers, every path for publishers.
struct Router final : ServerSink {
    explicit Router(ClientCase const& test) : expected(test) {}

    void on_event(ServerEvent&& event) override { pending.push_back(std::move(event)); }
    void on_packet(std::uint16_t, bool, base::ByteView) override {}

    bool admitted(ServerSession& session, Target const& target) const {
        if (expected.nonce.empty()) return true;
        if (!target.authorization) return session.unauthorized(), false;
        if (!session.verify({"u", "p"})) return session.wrong_credentials(), false;
        return true;
    }
    void answer(ServerSession& session) {
        constexpr std::uint32_t kSsrcs[] = {0xF95C7F2A, 0xF8F47EEB};
        auto const events = std::exchange(pending, {});
        for (auto const& event : events) {
            if (auto const* describe = std::get_if<Describe>(&event)) {
                if (!admitted(session, describe->target)) continue;
                if (describe->target.path == "open") {
                    session.describe_ok(captured_tracks(), "No Name");
                } else {
                    session.not_found("no stream");
                }
            } else if (std::holds_alternative<Attach>(event)) {
                session.attach_ok(kSsrcs);
            } else if (auto const* announce = std::get_if<Announce>(&event)) {
                announced = announce->description.tracks();
                session.announce_ok();
            } else if (std::holds_alternative<Play>(event)) {
                session.play_ok(expected.positions);
            } else if (std::holds_alternative<Record>(event)) {
                session.record_ok();
            } else if (std::holds_alternative<Pause>(event)) {
                session.pause_ok();
            }
        }
    }

    ClientCase const& expected;
    std::vector<ServerEvent> pending;
    media::Tracks announced;
};

ServerSettings settings_of(ClientCase const& test) {
    ServerSettings settings;
    settings.new_session_id = [id = test.session_id] { return id; };
    if (!test.nonce.empty()) {
        settings.challenges = {{.scheme = Scheme::basic, .realm = "ipcam"},
                               {.scheme = Scheme::digest, .realm = "ipcam", .nonce = test.nonce}};
    }
    return settings;
}

std::string feed(ServerSession& session, Router& router, std::string_view text) {
    session.feed(base::as_bytes(text), router);
    while (session.waiting()) {
        router.answer(session);
        session.feed({}, router);
    }
    router.pending.clear();
    return std::string(base::as_text(session.take_output()));
}

constexpr char const* kPublic =
    "Public: DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, PAUSE, GET_PARAMETER, TEARDOWN\n";

std::string options_answer() {
    return wire("RTSP/1.0 200 OK\nCSeq: 1\n" + std::string(kPublic) + "Server: gortsplib\n\n");
}

// MediaMTX's description of the captured stream, as both readers got it, and the line a=framesize,
// which it does not write (docs/compatibility.md).
std::string description(char const* cseq) {
    return wire("RTSP/1.0 200 OK\nCSeq: " + std::string(cseq) +
                "\nContent-Base: rtsp://127.0.0.1:38955/open/\nContent-Length: 472\n"
                "Content-Type: application/sdp\nServer: gortsplib\n\n"
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
                "a=framesize:96 64-48\n"
                "m=audio 0 RTP/AVP 97\n"
                "a=control:trackID=1\n"
                "a=rtpmap:97 mpeg4-generic/44100/1\n"
                "a=fmtp:97 config=1208; indexdeltalength=3; indexlength=3; mode=AAC-hbr; "
                "profile-level-id=1; sizelength=13; streamtype=5\n");
}

ClientCase ffmpeg_publishes() {
    return {"FFmpeg publishes",
            {{wire("OPTIONS rtsp://127.0.0.1:38955/open RTSP/1.0\nCSeq: 1\n"
                   "User-Agent: Lavf59.27.100\n\n"),
              options_answer()},
             {with_body("ANNOUNCE rtsp://127.0.0.1:38955/open RTSP/1.0\n"
                        "Content-Type: application/sdp\nCSeq: 2\nUser-Agent: Lavf59.27.100\n",
                        "v=0\n"
                        "o=- 0 0 IN IP4 127.0.0.1\n"
                        "s=No Name\n"
                        "c=IN IP4 127.0.0.1\n"
                        "t=0 0\n"
                        "a=tool:libavformat LIBAVFORMAT_VERSION\n"
                        "m=video 0 RTP/AVP 96\n"
                        "a=rtpmap:96 H264/90000\n"
                        "a=fmtp:96 packetization-mode=1; "
                        "sprop-parameter-sets=Z0LACtoR7ARAAAADAEAAAAUDxImo,aM4PyA==; "
                        "profile-level-id=42C00A\n"
                        "a=control:streamid=0\n"
                        "m=audio 0 RTP/AVP 97\n"
                        "b=AS:32\n"
                        "a=rtpmap:97 MPEG4-GENERIC/44100/1\n"
                        "a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
                        "indexdeltalength=3; config=120856E500\n"
                        "a=control:streamid=1\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 2\nServer: gortsplib\n\n")},
             {wire("SETUP rtsp://127.0.0.1:38955/open/streamid=0 RTSP/1.0\n"
                   "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\nCSeq: 3\n"
                   "User-Agent: Lavf59.27.100\n\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 3\nServer: gortsplib\n"
                   "Session: 4433f21ee7834770b08e63a274f3b6ac;timeout=55\n"
                   "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\n\n")},
             {wire("SETUP rtsp://127.0.0.1:38955/open/streamid=1 RTSP/1.0\n"
                   "Transport: RTP/AVP/TCP;unicast;interleaved=2-3;mode=record\nCSeq: 4\n"
                   "User-Agent: Lavf59.27.100\nSession: 4433f21ee7834770b08e63a274f3b6ac\n\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 4\nServer: gortsplib\n"
                   "Session: 4433f21ee7834770b08e63a274f3b6ac;timeout=55\n"
                   "Transport: RTP/AVP/TCP;unicast;interleaved=2-3\n\n")},
             {wire("RECORD rtsp://127.0.0.1:38955/open RTSP/1.0\nRange: npt=0.000-\nCSeq: 5\n"
                   "User-Agent: Lavf59.27.100\nSession: 4433f21ee7834770b08e63a274f3b6ac\n\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 5\nServer: gortsplib\n"
                   "Session: 4433f21ee7834770b08e63a274f3b6ac;timeout=55\n\n")}},
            ServerState::recording,
            "open",
            "4433f21ee7834770b08e63a274f3b6ac",
            {},
            {{0, 0}, {1, 2}},
            {captured_tracks()[0], media::Track{media::AacConfig{hex("120856e500"), 44100, 1}}}};
}

ClientCase ffmpeg_reads() {
    return {
        "FFmpeg reads",
        {{wire("OPTIONS rtsp://127.0.0.1:38955/open RTSP/1.0\nCSeq: 1\n"
               "User-Agent: Lavf59.27.100\n\n"),
          options_answer()},
         {wire("DESCRIBE rtsp://127.0.0.1:38955/open RTSP/1.0\nAccept: application/sdp\nCSeq: 2\n"
               "User-Agent: Lavf59.27.100\n\n"),
          description("2")},
         {wire("SETUP rtsp://127.0.0.1:38955/open/trackID=0 RTSP/1.0\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\nCSeq: 3\n"
               "User-Agent: Lavf59.27.100\n\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 3\nServer: gortsplib\n"
               "Session: bce06b22e6d84e9aaf096055a032e066;timeout=55\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=F95C7F2A\n\n")},
         {wire("SETUP rtsp://127.0.0.1:38955/open/trackID=1 RTSP/1.0\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=2-3\nCSeq: 4\n"
               "User-Agent: Lavf59.27.100\nSession: bce06b22e6d84e9aaf096055a032e066\n\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 4\nServer: gortsplib\n"
               "Session: bce06b22e6d84e9aaf096055a032e066;timeout=55\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=F8F47EEB\n\n")},
         {wire("PLAY rtsp://127.0.0.1:38955/open/ RTSP/1.0\nRange: npt=0.000-\nCSeq: 5\n"
               "User-Agent: Lavf59.27.100\nSession: bce06b22e6d84e9aaf096055a032e066\n\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 5\n"
               "RTP-Info: url=rtsp://127.0.0.1:38955/open/trackID=0,"
               "url=rtsp://127.0.0.1:38955/open/trackID=1\nServer: gortsplib\n"
               "Session: bce06b22e6d84e9aaf096055a032e066;timeout=55\n\n")},
         {wire("TEARDOWN rtsp://127.0.0.1:38955/open/ RTSP/1.0\nCSeq: 6\n"
               "User-Agent: Lavf59.27.100\nSession: bce06b22e6d84e9aaf096055a032e066\n\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 6\nServer: gortsplib\n\n")}},
        ServerState::idle,
        "",
        "bce06b22e6d84e9aaf096055a032e066"};
}

// It asks for RealMedia's extensions first.
ClientCase gstreamer_reads() {
    return {
        "GStreamer reads",
        {{wire("OPTIONS rtsp://127.0.0.1:38955/open RTSP/1.0\nCSeq: 1\n"
               "User-Agent: GStreamer/1.22.0\n"
               "User-Agent: RealMedia Player Version 6.0.9.1235 (linux-2.0-libc6-i386-gcc2.95)\n"
               "ClientChallenge: 9e26d33f2984236010ef6253fb1887f7\n"
               "CompanyID: KnKV4M4I/B2FjJ1TToLycw==\n"
               "GUID: 00000000-0000-0000-0000-000000000000\nRegionData: 0\n"
               "PlayerStarttime: [28/03/2003:22:50:23 00:00]\n"
               "ClientID: Linux_2.4_6.0.9.1235_play32_RN01_EN_586\n"
               "Date: Sat, 28 Nov 2026 19:09:12 GMT\n\n"),
          options_answer()},
         {wire("DESCRIBE rtsp://127.0.0.1:38955/open RTSP/1.0\nCSeq: 2\n"
               "User-Agent: GStreamer/1.22.0\nAccept: application/sdp\n"
               "Date: Sat, 28 Nov 2026 19:09:12 GMT\n\n"),
          description("2")},
         {wire("SETUP rtsp://127.0.0.1:38955/open/trackID=0 RTSP/1.0\nCSeq: 3\n"
               "User-Agent: GStreamer/1.22.0\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\n"
               "Date: Sat, 28 Nov 2026 19:09:12 GMT\n\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 3\nServer: gortsplib\n"
               "Session: 05c0f9e0992a4e9797040dc562df9b4e;timeout=55\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=F95C7F2A\n\n")},
         {wire("SETUP rtsp://127.0.0.1:38955/open/trackID=1 RTSP/1.0\nCSeq: 4\n"
               "User-Agent: GStreamer/1.22.0\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=2-3\n"
               "Session: 05c0f9e0992a4e9797040dc562df9b4e\n"
               "Date: Sat, 28 Nov 2026 19:09:13 GMT\n\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 4\nServer: gortsplib\n"
               "Session: 05c0f9e0992a4e9797040dc562df9b4e;timeout=55\n"
               "Transport: RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=F8F47EEB\n\n")},
         {wire("PLAY rtsp://127.0.0.1:38955/open/ RTSP/1.0\nCSeq: 5\n"
               "User-Agent: GStreamer/1.22.0\nRange: npt=0-\n"
               "Session: 05c0f9e0992a4e9797040dc562df9b4e\n"
               "Date: Sat, 28 Nov 2026 19:09:14 GMT\n\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 5\n"
               "RTP-Info: url=rtsp://127.0.0.1:38955/open/trackID=0;seq=3145;rtptime=2150809210,"
               "url=rtsp://127.0.0.1:38955/open/trackID=1;seq=1279;rtptime=2494826873\n"
               "Server: gortsplib\n"
               "Session: 05c0f9e0992a4e9797040dc562df9b4e;timeout=55\n\n")}},
        ServerState::playing,
        "open",
        "05c0f9e0992a4e9797040dc562df9b4e",
        {},
        {{0, 0}, {1, 2}},
        {},
        {{0, 3145, 2150809210}, {1, 1279, 2494826873}}};
}

// Both answer the challenge that they like best; the second reader leaves `algorithm` out.
ClientCase login(char const* name, std::string const& second_describe, std::string const& nonce) {
    return {
        name,
        {{wire("DESCRIBE rtsp://127.0.0.1:38955/closed RTSP/1.0\n"
               "Accept: application/sdp\nCSeq: 2\nUser-Agent: x\n\n"),
          wire("RTSP/1.0 401 Unauthorized\nCSeq: 2\nServer: gortsplib\n"
               "WWW-Authenticate: Basic realm=\"ipcam\"\n"
               "WWW-Authenticate: Digest realm=\"ipcam\", nonce=\"" +
               nonce + "\", algorithm=\"MD5\"\n\n")},
         {wire(second_describe), wire("RTSP/1.0 404 Not Found\nCSeq: 3\nServer: gortsplib\n\n")}},
        ServerState::idle,
        "",
        "0",
        nonce};
}

ClientCase ffmpeg_logs_in() {
    return login("FFmpeg logs in",
                 "DESCRIBE rtsp://127.0.0.1:38955/closed RTSP/1.0\nAccept: application/sdp\n"
                 "CSeq: 3\nUser-Agent: Lavf59.27.100\n"
                 "Authorization: Digest username=\"u\", realm=\"ipcam\", "
                 "nonce=\"8eb51fca9a041e55141c599143d6a687\", "
                 "uri=\"rtsp://127.0.0.1:38955/closed\", "
                 "response=\"6b626d1fc6f5a269d8434f2b84c7c76c\", algorithm=\"MD5\"\n\n",
                 "8eb51fca9a041e55141c599143d6a687");
}

ClientCase gstreamer_logs_in() {
    return login("GStreamer logs in",
                 "DESCRIBE rtsp://127.0.0.1:38955/closed RTSP/1.0\nCSeq: 3\n"
                 "User-Agent: GStreamer/1.22.0\nAccept: application/sdp\n"
                 "Authorization: Digest username=\"u\", realm=\"ipcam\", "
                 "nonce=\"0d613ce630d3e53486279cb67f9f4c6c\", "
                 "uri=\"rtsp://127.0.0.1:38955/closed\", "
                 "response=\"c9fb22c9ddc94a3d3390ac366e8df3bc\"\n"
                 "Date: Sat, 28 Nov 2026 19:09:20 GMT\n\n",
                 "0d613ce630d3e53486279cb67f9f4c6c");
}

// rtspclientsink writes mode=RECORD, and pauses before it closes.
ClientCase gstreamer_publishes() {
    return {"GStreamer publishes",
            {{wire("OPTIONS rtsp://127.0.0.1:38955/gst RTSP/1.0\nCSeq: 1\n"
                   "User-Agent: GStreamer/1.22.0\nDate: Sat, 28 Nov 2026 19:09:20 GMT\n\n"),
              options_answer()},
             {with_body("ANNOUNCE rtsp://127.0.0.1:38955/gst RTSP/1.0\nCSeq: 2\n"
                        "User-Agent: GStreamer/1.22.0\nContent-Type: application/sdp\n"
                        "Date: Sat, 28 Nov 2026 19:09:20 GMT\n",
                        "v=0\n"
                        "o=- 4180125371 1 IN IP4 127.0.0.1\n"
                        "s=Session streamed with GStreamer\n"
                        "i=rtspclientsink\n"
                        "t=0 0\n"
                        "a=tool:GStreamer\n"
                        "m=video 0 RTP/AVP 96\n"
                        "c=IN IP4 0.0.0.0\n"
                        "b=AS:2097\n"
                        "a=rtpmap:96 H264/90000\n"
                        "a=framerate:10\n"
                        "a=fmtp:96 packetization-mode=1;sprop-parameter-sets="
                        "Z/QADZDZZBHsBagwMDIAAAMAAgAAAwApHihUkA==,aOvMRIRA;"
                        "profile-level-id=f4000d;level-asymmetry-allowed=1\n"
                        "a=control:stream=0\n"
                        "a=ts-refclk:local\n"
                        "a=mediaclk:sender\n"
                        "a=ssrc:474396413 cname:user194216790@host-6eb1efa4\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 2\nServer: gortsplib\n\n")},
             {wire("SETUP rtsp://127.0.0.1:38955/gst/stream=0 RTSP/1.0\nCSeq: 3\n"
                   "User-Agent: GStreamer/1.22.0\n"
                   "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=RECORD\n"
                   "Date: Sat, 28 Nov 2026 19:09:20 GMT\n\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 3\nServer: gortsplib\n"
                   "Session: cc342a2839f345efa53c1a4899726abd;timeout=55\n"
                   "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\n\n")},
             {wire("RECORD rtsp://127.0.0.1:38955/gst RTSP/1.0\nCSeq: 4\n"
                   "User-Agent: GStreamer/1.22.0\nSession: cc342a2839f345efa53c1a4899726abd\n"
                   "Date: Sat, 28 Nov 2026 19:09:21 GMT\n\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 4\nServer: gortsplib\n"
                   "Session: cc342a2839f345efa53c1a4899726abd;timeout=55\n\n")},
             {wire("PAUSE rtsp://127.0.0.1:38955/gst RTSP/1.0\nCSeq: 5\n"
                   "User-Agent: GStreamer/1.22.0\nSession: cc342a2839f345efa53c1a4899726abd\n"
                   "Date: Sat, 28 Nov 2026 19:09:26 GMT\n\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 5\nServer: gortsplib\n"
                   "Session: cc342a2839f345efa53c1a4899726abd;timeout=55\n\n")}},
            ServerState::pre_record,
            "gst",
            "cc342a2839f345efa53c1a4899726abd",
            {},
            {{0, 0}},
            {media::Track{
                media::H264Config{hex("67f4000d90d96411ec05a8303032000003000200000300291e285490"),
                                  hex("68ebcc448440")}}}};
}

// live555 asks for UDP first, and for TCP on the same connection when that is refused.
ClientCase vlc_reads() {
    std::string const agent = "User-Agent: LibVLC/3.0.20 (LIVE555 Streaming Media v2016.11.28)\n";
    std::string const session = "Session: 0123456789abcdef0123456789abcdef\n";
    return {"VLC reads",
            {{wire("DESCRIBE rtsp://127.0.0.1:38955/open RTSP/1.0\nCSeq: 3\n" + agent +
                   "Accept: application/sdp\n\n"),
              description("3")},
             {wire("SETUP rtsp://127.0.0.1:38955/open/trackID=0 RTSP/1.0\nCSeq: 4\n" + agent +
                   "Transport: RTP/AVP;unicast;client_port=57494-57495\n\n"),
              wire("RTSP/1.0 461 Unsupported Transport\nCSeq: 4\nServer: gortsplib\n\n")},
             {wire("SETUP rtsp://127.0.0.1:38955/open/trackID=0 RTSP/1.0\nCSeq: 5\n" + agent +
                   "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\n\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 5\nServer: gortsplib\n"
                   "Session: 0123456789abcdef0123456789abcdef;timeout=55\n"
                   "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=F95C7F2A\n\n")},
             {wire("PLAY rtsp://127.0.0.1:38955/open/ RTSP/1.0\nCSeq: 6\n" + agent + session +
                   "Range: npt=0.000-\n\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 6\nRTP-Info: url=rtsp://127.0.0.1:38955/open/trackID=0\n"
                   "Server: gortsplib\nSession: 0123456789abcdef0123456789abcdef;timeout=55\n\n")},
             {wire("GET_PARAMETER rtsp://127.0.0.1:38955/open/ RTSP/1.0\nCSeq: 7\n" + agent +
                   session + "\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 7\nContent-Type: text/parameters\nServer: gortsplib\n"
                   "Session: 0123456789abcdef0123456789abcdef;timeout=55\n\n")}},
            ServerState::playing,
            "open",
            "0123456789abcdef0123456789abcdef",
            {},
            {{0, 0}}};
}

// Recorders invent a session id, put blanks where they like, keep the session alive by
// SET_PARAMETER with a body, and end lines with LF alone.
ClientCase nvr_reads() {
    std::string const id = "0123456789abcdef0123456789abcdef";
    return {
        "an NVR reads",
        {{"OPTIONS * RTSP/1.0\nCSeq:1\n\n", options_answer()},
         {"DESCRIBE rtsp://127.0.0.1:38955/open RTSP/1.0\nCSeq:2\nAccept:application/sdp\n\n",
          description("2")},
         {"SETUP rtsp://127.0.0.1:38955/open/trackID=1 RTSP/1.0\nCSeq:3\n"
          "Transport: RTP/AVP/UDP;unicast;client_port=4000-4001, "
          "RTP/AVP/TCP ; unicast ; interleaved=6-7 ;mode=\"PLAY\"\n\n",
          wire("RTSP/1.0 200 OK\nCSeq: 3\nServer: gortsplib\nSession: " + id +
               ";timeout=55\nTransport: RTP/AVP/TCP;unicast;interleaved=6-7;ssrc=F8F47EEB\n\n")},
         {"PLAY rtsp://127.0.0.1:38955/open/trackID=1 RTSP/1.0\nCSeq:4\nSession: " + id +
              "\nRange: npt=now-\nScale: 1.0\n\n",
          wire("RTSP/1.0 200 OK\nCSeq: 4\nRTP-Info: url=rtsp://127.0.0.1:38955/open/trackID=1\n"
               "Server: gortsplib\nSession: " +
               id + ";timeout=55\n\n")},
         {"SET_PARAMETER rtsp://127.0.0.1:38955/open RTSP/1.0\nCSeq:5\nSession: " + id +
              ";timeout=60\nContent-Type: text/parameters\nContent-Length: 8\n\nping: 1\n",
          wire("RTSP/1.0 200 OK\nCSeq: 5\nServer: gortsplib\nSession: " + id + ";timeout=55\n\n")}},
        ServerState::playing,
        "open",
        id,
        {},
        {{1, 6}}};
}

std::vector<ClientCase> client_cases() {
    return {ffmpeg_publishes(),  ffmpeg_reads(),        gstreamer_reads(), ffmpeg_logs_in(),
            gstreamer_logs_in(), gstreamer_publishes(), vlc_reads(),       nvr_reads()};
}

void expect_end(ClientCase const& test, ServerSession const& session, Router const& router) {
    EXPECT_EQ(session.state(), test.state) << test.name;
    EXPECT_EQ(session.path(), test.path) << test.name;
    EXPECT_EQ(session.setups(), test.setups) << test.name;
    EXPECT_EQ(router.announced, test.announced) << test.name;
}

TEST(GoldenClients, GetTheAnswersThatTheyKnow) {
    for (auto const& test : client_cases()) {
        ServerSession session(settings_of(test));
        Router router(test);
        for (auto const& step : test.steps) {
            EXPECT_EQ(feed(session, router, step.sent), step.answer) << test.name << ", after:\n"
                                                                     << step.sent;
        }
        expect_end(test, session, router);
    }
}

TEST(GoldenClients, GetTheSameAnswersByteByByte) {
    for (auto const& test : client_cases()) {
        ServerSession session(settings_of(test));
        Router router(test);
        for (auto const& step : test.steps) {
            std::string answer;
            for (auto const& c : step.sent) answer += feed(session, router, {&c, 1});
            EXPECT_EQ(answer, step.answer) << test.name << ", after:\n" << step.sent;
        }
        expect_end(test, session, router);
    }
}

// A client that does not wait for the answers gets them in their order.
TEST(GoldenClients, GetTheSameAnswersWhenTheySendEverythingAtOnce) {
    for (auto const& test : client_cases()) {
        ServerSession session(settings_of(test));
        Router router(test);
        std::string sent, answers;
        for (auto const& step : test.steps) {
            sent += step.sent;
            answers += step.answer;
        }
        EXPECT_EQ(feed(session, router, sent), answers) << test.name;
        expect_end(test, session, router);
    }
}

TEST(GoldenClients, AreRefusedWithAWrongPassword) {
    auto test = ffmpeg_logs_in();
    auto& header = test.steps[1].sent;
    header.replace(header.find("6b626d1f"), 8, "6b626d1e");
    ServerSession session(settings_of(test));
    Router router(test);
    feed(session, router, test.steps[0].sent);
    EXPECT_EQ(feed(session, router, header),
              wire("RTSP/1.0 401 Unauthorized\nCSeq: 3\nServer: gortsplib\n\n"));
    EXPECT_TRUE(session.closing());
}

}  // namespace
}  // namespace tidegate::rtsp
