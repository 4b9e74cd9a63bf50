// The client as a publisher: the exact requests, and what it makes of the answers, which were
// captured from MediaMTX 1.20.1.
#include <gtest/gtest.h>

#include "rtsp/core/client_session.hpp"
#include "rtsp/core/test_wire.hpp"

namespace tidegate::rtsp {
namespace {

using test::wire;

std::string const kUrl = "rtsp://127.0.0.1:38955/live/demo/out";
std::string const kAgentLine = "User-Agent: tidegate\n";
std::string const kSession = "Session: 0387301593cf4a478da845ca10fe164f";

media::Tracks dubbed_tracks() {
    media::Tracks tracks{
        media::Track{media::H264Config{{0x67, 0x42, 0xC0, 0x1F, 0x11}, {0x68, 0xCE, 0x3C, 0x80}}},
        media::Track{media::AacConfig{{0x12, 0x10}, 44100, 2}},
        media::Track{media::AacConfig{{0x12, 0x10}, 44100, 2}}};
    tracks[1].language = "en";
    tracks[1].name = "Original";
    tracks[2].language = "es";
    tracks[2].name = "Español";
    return tracks;
}

std::string description() {
    std::string const aac =
        " config=1210; indexdeltalength=3; indexlength=3; mode=AAC-hbr; profile-level-id=1; "
        "sizelength=13; streamtype=5\n";
    return "v=0\no=- 0 0 IN IP4 127.0.0.1\ns= \nc=IN IP4 0.0.0.0\nt=0 0\n"
           "m=video 0 RTP/AVP 96\na=control:trackID=0\na=rtpmap:96 H264/90000\n"
           "a=fmtp:96 packetization-mode=1; profile-level-id=42C01F; "
           "sprop-parameter-sets=Z0LAHxE=,aM48gA==\n"
           "m=audio 0 RTP/AVP 97\ni=Original\na=lang:en\na=control:trackID=1\n"
           "a=rtpmap:97 mpeg4-generic/44100/2\na=fmtp:97" +
           aac +
           "m=audio 0 RTP/AVP 98\ni=Español\na=lang:es\na=control:trackID=2\n"
           "a=rtpmap:98 mpeg4-generic/44100/2\na=fmtp:98" +
           aac;
}

struct Step {
    std::string request;
    std::string answer;
};

// login: an Authorization header, which is the first one: they are sorted.
std::string announce(int number, std::string const& login = {}) {
    auto const body = wire(description());
    return wire("ANNOUNCE " + kUrl + " RTSP/1.0\n" + login + "CSeq: " + std::to_string(number) +
                "\nContent-Length: " + std::to_string(body.size()) +
                "\nContent-Type: application/sdp\n" + kAgentLine + "\n") +
           body;
}

std::string set_up(int track, int number, std::string const& login) {
    auto const channel = 2 * track;
    return wire("SETUP " + kUrl + "/trackID=" + std::to_string(track) + " RTSP/1.0\n" + login +
                "CSeq: " + std::to_string(number) + "\n" + (track == 0 ? "" : kSession + "\n") +
                "Transport: RTP/AVP/TCP;unicast;interleaved=" + std::to_string(channel) + "-" +
                std::to_string(channel + 1) + ";mode=record\n" + kAgentLine + "\n");
}

std::string set_up_answer(int track, int number) {
    auto const channel = 2 * track;
    return wire("RTSP/1.0 200 OK\nCSeq: " + std::to_string(number) + "\nServer: gortsplib\n" +
                kSession + ";timeout=55\nTransport: RTP/AVP/TCP;unicast;interleaved=" +
                std::to_string(channel) + "-" + std::to_string(channel + 1) + "\n\n");
}

// The whole dialogue up to the answer of RECORD; each request logs in. first: the CSeq of
// the accepted ANNOUNCE.
std::vector<Step> accepted_from(int first, std::string const& login = {}) {
    auto const number = [&](int after) { return std::to_string(first + after); };
    std::vector<Step> steps{{announce(first, login), wire("RTSP/1.0 200 OK\nCSeq: " + number(0) +
                                                          "\nServer: gortsplib\n\n")}};
    for (int track = 0; track < 3; ++track) {
        steps.push_back(
            {set_up(track, first + 1 + track, login), set_up_answer(track, first + 1 + track)});
    }
    steps.push_back({wire("RECORD " + kUrl + " RTSP/1.0\n" + login + "CSeq: " + number(4) +
                          "\nRange: npt=0.000-\n" + kSession + "\n" + kAgentLine + "\n"),
                     wire("RTSP/1.0 200 OK\nCSeq: " + number(4) + "\nServer: gortsplib\n" +
                          kSession + ";timeout=55\n\n")});
    return steps;
}

struct Announcer final : ClientSink {
    explicit Announcer(std::string const& url)
        : client({.url = *parse_url(url), .publish = dubbed_tracks()}) {
        client.start();
    }
    void on_event(ClientEvent&& event) override {
        if (auto* const recording = std::get_if<Recording>(&event)) tracks = recording->tracks;
        if (auto* const failed = std::get_if<Failed>(&event)) {
            failure = std::to_string(failed->status) + " " + failed->reason;
        }
        torn_down = torn_down || std::holds_alternative<TornDown>(event);
    }
    void on_packet(std::uint16_t, bool, base::ByteView) override { ++packets; }

    std::string sent() { return std::string(base::as_text(client.take_output())); }
    void play(std::vector<Step> const& steps, std::size_t piece = 1 << 20) {
        for (auto const& step : steps) {
            EXPECT_EQ(sent(), step.request);
            for (std::size_t at = 0; at < step.answer.size(); at += piece) {
                client.feed(base::as_bytes(std::string_view(step.answer).substr(at, piece)), *this);
            }
        }
    }

    ClientSession client;
    std::vector<ClientTrack> tracks;
    std::string failure;
    bool torn_down = false;
    int packets = 0;
};

TEST(GoldenPublisher, AnnouncesSetsUpAndRecordsEveryTrack) {
    for (std::size_t const piece : {std::size_t{1}, std::size_t{1} << 20}) {
        Announcer it(kUrl);
        it.play(accepted_from(1), piece);
        EXPECT_EQ(it.failure, "");
        EXPECT_EQ(it.client.state(), ClientState::streaming);
        ASSERT_EQ(it.tracks.size(), 3U);
        EXPECT_EQ(it.tracks[2].track, 2);
        EXPECT_EQ(it.tracks[2].channel, 4);
        EXPECT_EQ(it.client.keep_alive_interval(), std::chrono::seconds{27});
    }
}

TEST(GoldenPublisher, KeepsTheSessionAndEndsIt) {
    Announcer it(kUrl);
    it.play(accepted_from(1));
    it.client.keep_alive();
    it.play({{wire("GET_PARAMETER " + kUrl + " RTSP/1.0\nCSeq: 6\n" + kSession + "\n" + kAgentLine +
                   "\n"),
              wire("RTSP/1.0 200 OK\nCSeq: 6\nContent-Type: text/parameters\nServer: gortsplib\n" +
                   kSession + ";timeout=55\n\n")}});
    it.client.feed(base::as_bytes(std::string_view("$\x01\x00\x01r", 5)), it);
    EXPECT_EQ(it.packets, 1) << "a receiver report of the server";
    it.client.teardown();
    it.play(
        {{wire("TEARDOWN " + kUrl + " RTSP/1.0\nCSeq: 7\n" + kSession + "\n" + kAgentLine + "\n"),
          wire("RTSP/1.0 200 OK\nCSeq: 7\nServer: gortsplib\n\n")}});
    EXPECT_TRUE(it.torn_down);
    EXPECT_EQ(it.failure, "");
}

TEST(GoldenPublisher, TellsCaptionsUntilTheServerRefusesOne) {
    Announcer it(kUrl);
    it.play(accepted_from(1));
    Caption const said{"es", 2, 7, std::chrono::milliseconds(2500), "hola"};
    auto const body = wire(
        "x-caption-language: es\nx-caption-track: 2\nx-caption-rtptime: 7\n"
        "x-caption-duration: 2500\nx-caption-text: hola\n");
    auto const request = [&](int number) {
        return wire("SET_PARAMETER " + kUrl + " RTSP/1.0\nCSeq: " + std::to_string(number) +
                    "\nContent-Length: " + std::to_string(body.size()) +
                    "\nContent-Type: text/parameters\n" + kSession + "\n" + kAgentLine + "\n") +
               body;
    };
    EXPECT_TRUE(it.client.tell(said));
    it.play(
        {{request(6), wire("RTSP/1.0 200 OK\nCSeq: 6\nServer: gortsplib\n" + kSession + "\n\n")}});
    EXPECT_TRUE(it.client.tell(said));
    it.play({{request(7), wire("RTSP/1.0 501 Not Implemented\nCSeq: 7\nServer: gortsplib\n\n")}});
    EXPECT_FALSE(it.client.tell(said));
    EXPECT_EQ(it.sent(), "");
    EXPECT_EQ(it.failure, "");
    EXPECT_EQ(it.client.state(), ClientState::streaming);
}

std::string const kAsksForLogin =
    "RTSP/1.0 401 Unauthorized\nCSeq: 1\nServer: gortsplib\n"
    "WWW-Authenticate: Basic realm=\"ipcam\"\n\n";

TEST(GoldenPublisher, LogsInWhenItIsAsked) {
    auto const url = "rtsp://worker:secret@127.0.0.1:38955/live/demo/out";
    Announcer it(url);
    it.play({{announce(1), wire(kAsksForLogin)}});
    it.play(accepted_from(2, "Authorization: Basic d29ya2VyOnNlY3JldA==\n"));
    EXPECT_EQ(it.failure, "");
    EXPECT_EQ(it.tracks.size(), 3U);
}

TEST(GoldenPublisher, TellsWhyItWasRefused) {
    Announcer nobody(kUrl);
    nobody.play({{announce(1), wire(kAsksForLogin)}});
    EXPECT_EQ(nobody.failure, "401 ANNOUNCE: Unauthorized");

    Announcer wrong("rtsp://worker:wrong@127.0.0.1:38955/live/demo/out");
    wrong.play({{announce(1), wire(kAsksForLogin)},
                {announce(2, "Authorization: Basic d29ya2VyOndyb25n\n"),
                 wire("RTSP/1.0 401 Unauthorized\nCSeq: 2\nServer: gortsplib\n\n")}});
    EXPECT_EQ(wrong.failure, "401 ANNOUNCE: Unauthorized");

    Announcer late(kUrl);
    auto steps = accepted_from(1);
    steps.back().answer = wire("RTSP/1.0 400 Bad Request\nCSeq: 5\nServer: gortsplib\n\n");
    late.play(steps);
    EXPECT_EQ(late.failure, "400 RECORD: Bad Request");
}

// Not every server answers GET_PARAMETER while media flows.
TEST(GoldenPublisher, UnansweredKeepAlivesAreBounded) {
    Announcer it(kUrl);
    it.play(accepted_from(1));
    for (int i = 0; i < 1000; ++i) it.client.keep_alive();
    auto const sent = it.sent();
    std::size_t count = 0;
    for (auto at = sent.find("GET_P"); at != sent.npos; at = sent.find("GET_P", at + 1)) ++count;
    EXPECT_EQ(count, 64U);
}

}  // namespace
}  // namespace tidegate::rtsp
