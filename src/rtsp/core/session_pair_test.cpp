// Our client against our server in memory: whole dialogues, whole and byte by byte.
#include <gtest/gtest.h>

#include "rtsp/core/client_session.hpp"
#include "rtsp/core/server_session.hpp"

namespace tidegate::rtsp {
namespace {

media::Tracks two_tracks() {
    return {
        media::Track{media::H264Config{{0x67, 0x42, 0xC0, 0x1F, 0x11}, {0x68, 0xCE, 0x3C, 0x80}}},
        media::Track{media::AacConfig{{0x12, 0x10}, 44100, 2}}};
}

// A router of one stream that grants everything, with an optional user.
struct Answerer final : ServerSink {
    explicit Answerer(ServerSession& session) : server(session) {}

    void on_event(ServerEvent&& event) override { events.push_back(std::move(event)); }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        packets.push_back(std::to_string(track) + (rtcp ? "c" : "p") +
                          std::string(base::as_text(packet)));
    }

    bool allowed(Target const& target) {
        if (user.user.empty()) return true;
        if (!target.authorization) return server.unauthorized(), false;
        if (!server.verify(user)) return server.wrong_credentials(), false;
        return true;
    }
    void decide() {
        auto const event = events.back();
        if (auto const* describe = std::get_if<Describe>(&event)) {
            if (allowed(describe->target)) server.describe_ok(tracks);
        } else if (auto const* attach = std::get_if<Attach>(&event)) {
            std::uint32_t const ssrcs[] = {0x01020304, 0xAABBCCDD};
            if (allowed(attach->target)) server.attach_ok(ssrcs);
        } else if (auto const* announce = std::get_if<Announce>(&event)) {
            announced = announce->description.tracks();
            if (allowed(announce->target)) server.announce_ok();
        } else if (std::holds_alternative<Play>(event)) {
            ServerSession::Position const positions[] = {{0, 7, 90000}, {1, {}, {}}};
            server.play_ok(positions);
        } else if (std::holds_alternative<Record>(event)) {
            server.record_ok();
        } else if (std::holds_alternative<Pause>(event)) {
            server.pause_ok();
        }
    }

    ServerSession& server;
    Credentials user;
    media::Tracks tracks = two_tracks();
    media::Tracks announced;
    std::vector<ServerEvent> events;
    std::vector<std::string> packets;
};

struct PairedPlayer final : ClientSink {
    void on_event(ClientEvent&& event) override { events.push_back(std::move(event)); }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        packets.push_back(std::to_string(track) + (rtcp ? "c" : "p") +
                          std::string(base::as_text(packet)));
    }
    template <class Event>
    Event const* find() const {
        for (auto const& event : events) {
            if (auto const* found = std::get_if<Event>(&event)) return found;
        }
        return nullptr;
    }
    std::vector<ClientEvent> events;
    std::vector<std::string> packets;
};

ServerSettings server_settings() {
    ServerSettings settings;
    settings.new_session_id = [] { return std::string(32, 'a'); };
    return settings;
}

struct Pair {
    explicit Pair(std::string const& url, media::Tracks publish = {},
                  std::vector<Challenge> offers = {}, std::size_t piece = 4096)
        : step(piece),
          server([&] {
              auto settings = server_settings();
              settings.challenges = std::move(offers);
              return settings;
          }()),
          router(server),
          client({.url = *parse_url(url), .publish = std::move(publish), .new_cnonce = [] {
                      return "c0";
                  }}) {}

    void run() {
        for (;;) {
            auto const up = client.take_output();
            if (up.empty()) return;
            for (std::size_t i = 0; i < up.size(); i += step) {
                server.feed(base::ByteView(up).subspan(i, std::min(step, up.size() - i)), router);
                while (server.waiting()) {
                    router.decide();
                    server.feed({}, router);
                }
            }
            auto const down = server.take_output();
            for (std::size_t i = 0; i < down.size(); i += step) {
                client.feed(base::ByteView(down).subspan(i, std::min(step, down.size() - i)),
                            player);
            }
        }
    }

    std::size_t step;
    ServerSession server;
    Answerer router;
    ClientSession client;
    PairedPlayer player;
};

class EveryPiece : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, EveryPiece, testing::Values(1, 2, 3, 7, 100, 4096));

TEST_P(EveryPiece, AReaderPlaysAllTracksOverTcp) {
    Pair pair("rtsp://host:8554/live/demo/out?lang=es", {}, {}, GetParam());
    pair.client.start();
    pair.run();
    ASSERT_NE(pair.player.find<Playing>(), nullptr);
    auto const& tracks = pair.player.find<Playing>()->tracks;
    ASSERT_EQ(tracks.size(), 2U);
    EXPECT_EQ(tracks[0].ssrc, 0x01020304U);
    EXPECT_EQ(tracks[0].position->rtptime, 90000U);
    EXPECT_EQ(tracks[1].position->rtptime, std::nullopt);
    EXPECT_EQ(tracks[0].description.track, two_tracks()[0]);
    EXPECT_EQ(tracks[1].description.track, two_tracks()[1]);
    EXPECT_EQ(pair.server.path(), "live/demo/out");
    EXPECT_EQ(pair.server.query(), "lang=es");
    EXPECT_EQ(pair.server.state(), ServerState::playing);
    EXPECT_EQ(pair.server.setups(), (std::vector<SetUpTrack>{{0, 0}, {1, 2}}));

    pair.client.keep_alive();
    pair.run();
    EXPECT_TRUE(std::holds_alternative<KeepAlive>(pair.router.events.back()));
    pair.client.teardown();
    pair.run();
    EXPECT_NE(pair.player.find<TornDown>(), nullptr);
    EXPECT_EQ(pair.server.state(), ServerState::idle);
    EXPECT_FALSE(pair.server.closing());
}

TEST_P(EveryPiece, APublisherRecordsAllTracksOverTcp) {
    Pair pair("rtsp://host/live/demo/in", two_tracks(), {}, GetParam());
    pair.client.start();
    pair.run();
    ASSERT_NE(pair.player.find<Recording>(), nullptr);
    EXPECT_EQ(pair.server.state(), ServerState::recording);
    EXPECT_EQ(pair.router.announced, two_tracks());

    base::Bytes const frames{'$', 0, 0, 2, 'h', 'i', '$', 3, 0, 1, 'c', '$', 9, 0, 1, 'x'};
    for (std::size_t i = 0; i < frames.size(); i += pair.step) {
        pair.server.feed(base::ByteView(frames).subspan(i, std::min(pair.step, frames.size() - i)),
                         pair.router);
    }
    EXPECT_EQ(pair.router.packets, (std::vector<std::string>{"0phi", "1cc"}));
    EXPECT_EQ(pair.server.stray_frames(), 1U);
}

struct AuthCase {
    char const* name;
    std::vector<Challenge> offers;
    char const* url;
    bool plays;
};

TEST(Authentication, IsAnsweredWithWhatTheServerOffers) {
    Challenge const basic{.scheme = Scheme::basic, .realm = "ipcam"};
    Challenge const md5{.scheme = Scheme::digest, .realm = "ipcam", .nonce = "n0"};
    auto sha = md5;
    sha.algorithm = DigestAlgorithm::sha256;
    auto qop = md5;
    qop.qop_auth = true;
    AuthCase const cases[] = {
        {"basic", {basic}, "rtsp://u:p%40ss@h/live/a/out", true},
        {"digest", {md5}, "rtsp://u:p%40ss@h/live/a/out", true},
        {"both", {basic, md5}, "rtsp://u:p%40ss@h/live/a/out", true},
        {"sha", {md5, sha}, "rtsp://u:p%40ss@h/live/a/out?x=1", true},
        {"qop", {qop}, "rtsp://u:p%40ss@h/live/a/out", true},
        {"wrong password", {basic, md5}, "rtsp://u:nope@h/live/a/out", false},
        {"wrong user", {basic}, "rtsp://v:p%40ss@h/live/a/out", false},
        {"nobody", {basic}, "rtsp://h/live/a/out", false},
    };
    for (auto const& c : cases) {
        Pair pair(c.url, {}, c.offers);
        pair.router.user = {"u", "p@ss"};
        pair.client.start();
        pair.run();
        EXPECT_EQ(pair.player.find<Playing>() != nullptr, c.plays) << c.name;
        if (c.plays) continue;
        ASSERT_NE(pair.player.find<Failed>(), nullptr) << c.name;
        EXPECT_EQ(pair.player.find<Failed>()->status, 401) << c.name;
    }
}

TEST(Client, FailsClearlyOnWhatServersMaySay) {
    struct Case {
        char const* answer;
        int status;
    };
    Case const cases[] = {
        {"RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n", 404},
        {"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", 0},
        {"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 9\r\n\r\nv=0\r\nm=\r\n", 0},
        {"HTTP/1.1 200 OK\r\n\r\n", 0},
        {"garbage garbage\r\n\r\n", 0},
        {"RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 0},
    };
    for (auto const& c : cases) {
        ClientSession client({.url = *parse_url("rtsp://h/a")});
        PairedPlayer player;
        client.start();
        client.feed(base::as_bytes(c.answer), player);
        ASSERT_NE(player.find<Failed>(), nullptr) << c.answer;
        EXPECT_EQ(player.find<Failed>()->status, c.status) << c.answer;
        EXPECT_FALSE(player.find<Failed>()->reason.empty());
        EXPECT_EQ(client.state(), ClientState::over);
    }
}

// What a description names is written into request lines.
TEST(Client, DoesNotRepeatWhatBelongsIntoNoRequestLine) {
    std::string const plain = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
    auto const after_describe = [](std::string const& base, std::string const& description) {
        ClientSession client({.url = *parse_url("rtsp://h/a")});
        PairedPlayer player;
        client.start();
        (void)client.take_output();
        client.feed(base::as_bytes("RTSP/1.0 200 OK\r\nCSeq: 1\r\n" + base + "Content-Length: " +
                                   std::to_string(description.size()) + "\r\n\r\n" + description),
                    player);
        auto const* const failed = player.find<Failed>();
        return failed != nullptr ? failed->reason
                                 : std::string(base::as_text(client.take_output()));
    };
    for (auto const* const control : {"x\rTEARDOWN rtsp://h/a RTSP/1.0", "x\x15", "\x7F"}) {
        EXPECT_EQ(after_describe("", plain + "a=control:" + control + "\r\n"),
                  "DESCRIBE: a track's URL cannot be asked for");
    }
    EXPECT_EQ(after_describe("Content-Base: rtsp://h/" + std::string(2000, 'x') + "\r\n",
                             plain + "a=control:" + std::string(100, 'y') + "\r\n"),
              "DESCRIBE: a track's URL cannot be asked for");
    EXPECT_TRUE(after_describe("", plain + "a=control:track 1\r\n")
                    .starts_with("SETUP rtsp://h/a/track 1 RTSP/1.0\r\n"))
        << "as cameras have it";
}

}  // namespace
}  // namespace tidegate::rtsp
