// The RTSP client over a real connection: the far end is our server session behind a plain socket,
// so that a test can make it refuse, fall silent or go away.
#include "rtsp/io/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/test_loopback.hpp"
#include "rtp/train.hpp"
#include "rtsp/core/server_session.hpp"

namespace tidegate::rtsp {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;

media::Tracks two_tracks() {
    return {
        media::Track{media::H264Config{{0x67, 0x42, 0xC0, 0x1F, 0x11}, {0x68, 0xCE, 0x3C, 0x80}}},
        media::Track{media::AacConfig{{0x12, 0x10}, 44100, 2}}};
}

ServerSettings server_settings() {
    ServerSettings settings;
    settings.new_session_id = [] { return std::string(32, 'a'); };
    return settings;
}

// Both sinks have an on_event and an on_packet: the server's end is an object of its own.
struct FarEnd final : ServerSink {
    void on_event(ServerEvent&& event) override {
        if (std::holds_alternative<KeepAlive>(event)) ++kept_alive;
        if (std::holds_alternative<Teardown>(event)) ++torn_down;
        waiting = std::move(event);
    }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        packets.push_back(std::to_string(track) + (rtcp ? "c " : "p ") +
                          std::string(base::as_text(packet)));
    }
    void decide() {
        if (std::holds_alternative<Describe>(waiting)) {
            has_stream ? session.describe_ok(two_tracks()) : session.not_found("no stream");
        } else if (std::holds_alternative<Attach>(waiting)) {
            constexpr std::uint32_t kSsrcs[] = {1, 2};
            session.attach_ok(kSsrcs);
        } else if (std::holds_alternative<Announce>(waiting)) {
            session.announce_ok();
        } else if (std::holds_alternative<Play>(waiting)) {
            session.play_ok({});
        } else if (std::holds_alternative<Record>(waiting)) {
            session.record_ok();
        }
    }
    void feed(base::ByteView bytes) {
        session.feed(bytes, *this);
        while (session.waiting()) {
            decide();
            session.feed({}, *this);
        }
    }

    ServerSession session{server_settings()};
    ServerEvent waiting;
    bool has_stream = true;
    int kept_alive = 0, torn_down = 0;
    std::vector<std::string> packets;
};

class RtspClient : public net::test::LoopbackTest<Client, ClientEnd>, protected ClientHandler {
protected:
    void start(media::Tracks publish = {}, ClientTimeouts const& timeouts = {}) {
        auto socket = connect();
        ClientSettings settings{.url = *parse_url("rtsp://127.0.0.1:" + port_ + "/live/demo/out")};
        settings.publish = std::move(publish);
        run_client(std::move(socket), std::move(settings), timeouts,
                   static_cast<ClientHandler&>(*this));
    }
    void on_received(base::ByteView bytes) override {
        received_ += base::as_text(bytes);
        if (!answers_) return;
        far_.feed(bytes);
        say(std::string(base::as_text(far_.session.take_output())));
    }
    void say(std::string text) {
        for (auto const& [from, to] : changes_) {
            if (auto const at = text.find(from); at != text.npos) text.replace(at, from.size(), to);
        }
        write_to_client(base::as_bytes(text));
    }

    void on_streaming(std::vector<ClientTrack> const& tracks) override { tracks_ = tracks; }
    void on_packet(std::uint16_t track, bool rtcp, base::ByteView packet) override {
        packets_.push_back(std::to_string(track) + (rtcp ? "c " : "p ") +
                           std::string(base::as_text(packet)));
    }
    void on_read_end() override { ++reads_ended_; }

    FarEnd far_;
    std::vector<ClientTrack> tracks_;
    std::vector<std::string> packets_;
    std::string received_;
    std::vector<std::pair<std::string, std::string>> changes_;  // of what the server answers
    int reads_ended_ = 0;
    bool answers_ = true;
};

TEST_F(RtspClient, ReadsUntilItIsStopped) {
    start();
    run_until([&] { return !tracks_.empty(); });
    ASSERT_EQ(tracks_.size(), 2U);
    EXPECT_EQ(tracks_[1].channel, 2);
    say(
        std::string("$\x00\x00\x02vv$\x03\x00\x01r$\x02\x00\x03"
                    "aaa",
                    18));
    run_until([&] { return packets_.size() == 3; });
    EXPECT_THAT(packets_, ElementsAre("0p vv", "1c r", "1p aaa"));
    EXPECT_GE(reads_ended_, 1);
    client_->stop();
    auto const end = ended();
    EXPECT_EQ(far_.torn_down, 1);
    EXPECT_EQ(end.reason, "torn down");
    EXPECT_EQ(end.status, 0);
    EXPECT_TRUE(end.streaming);
}

TEST_F(RtspClient, PublishesFrames) {
    start(two_tracks());
    run_until([&] { return !tracks_.empty(); });
    EXPECT_EQ(far_.session.state(), ServerState::recording);
    for (std::string const text : {"first", "second"}) {
        client_->packets().push(rtp::interleave(2, base::as_bytes(text)));
    }
    client_->packets().flush();
    run_until([&] { return far_.packets.size() == 2; });
    EXPECT_THAT(far_.packets, ElementsAre("1p first", "1p second"));
}

TEST_F(RtspClient, ARefusalHasItsStatus) {
    far_.has_stream = false;
    start();
    auto const end = ended();
    EXPECT_EQ(end.status, 404);
    EXPECT_EQ(end.reason, "DESCRIBE: Not Found");
    EXPECT_TRUE(end.refused);
    EXPECT_FALSE(end.streaming);
}

TEST_F(RtspClient, AServerThatNeverAnswersIsGivenUp) {
    answers_ = false;
    start({}, {.dialogue = 300ms});
    auto const end = ended();
    EXPECT_THAT(end.reason, EndsWith("i/o timeout"));
    EXPECT_EQ(end.status, 0);
    EXPECT_FALSE(end.streaming);
}

TEST_F(RtspClient, AServerThatFallsSilentIsGivenUp) {
    start({}, {.silence = 300ms});
    run_until([&] { return !tracks_.empty(); });
    say(std::string("$\x00\x00\x01v", 5));
    auto const end = ended();
    EXPECT_THAT(end.reason, EndsWith("i/o timeout"));
    EXPECT_TRUE(end.streaming);
    EXPECT_THAT(packets_, ElementsAre("0p v"));
}

// A publisher hears nothing from its server, and that is no reason to leave it.
TEST_F(RtspClient, APublishersServerMayBeSilent) {
    start(two_tracks(), {.silence = 100ms});
    run_until([&] { return !tracks_.empty(); });
    auto const until = std::chrono::steady_clock::now() + 500ms;
    run_until([&] { return std::chrono::steady_clock::now() > until; });
    EXPECT_FALSE(end_);
}

// MediaMTX closes a publisher of which it hears nothing for 10 s.
TEST_F(RtspClient, APublisherWithoutMediaIsHeardOf) {
    start(two_tracks(), {.idle = 50ms});
    run_until([&] { return !tracks_.empty(); });
    run_until([&] { return far_.kept_alive >= 3; });
    EXPECT_FALSE(end_);
}

TEST_F(RtspClient, APublishersTeardownComesBehindItsMedia) {
    start(two_tracks());
    run_until([&] { return !tracks_.empty(); });
    std::string const large(60'000, 'x');
    for (int i = 0; i < 200; ++i) {
        client_->packets().push(rtp::interleave(0, base::as_bytes(large)));
    }
    client_->packets().flush();
    ASSERT_FALSE(client_->packets().empty()) << "the kernel does not take all of it";
    client_->stop();
    EXPECT_EQ(ended().reason, "torn down");
    EXPECT_EQ(far_.packets.size(), 200U);
    EXPECT_EQ(far_.torn_down, 1);
}

TEST_F(RtspClient, AServerThatTakesNothingIsGivenUp) {
    start(two_tracks(), {.write = 300ms});
    run_until([&] { return !tracks_.empty(); });
    reads_ = false;
    std::string const large(60'000, 'x');
    for (int i = 0; i < 200; ++i) {
        client_->packets().push(rtp::interleave(0, base::as_bytes(large)));
    }
    client_->packets().flush();
    auto const end = ended();
    EXPECT_THAT(end.reason, EndsWith("i/o timeout"));
    EXPECT_FALSE(end.refused);
}

TEST_F(RtspClient, AnEndInsteadOfAnAnswerIsARefusal) {
    answers_ = false;
    start(two_tracks());
    run_until([&] { return !received_.empty(); });
    peer_.close();
    auto const end = ended();
    EXPECT_TRUE(end.refused);
    EXPECT_EQ(end.reason, "the server closed the connection instead of an answer: EOF");
}

TEST_F(RtspClient, AServerThatGoesAwayIsNamed) {
    start();
    run_until([&] { return !tracks_.empty(); });
    peer_.close();
    auto const end = ended();
    EXPECT_EQ(end.reason, "EOF");
    EXPECT_TRUE(end.streaming);
    EXPECT_FALSE(end.refused);
}

TEST_F(RtspClient, AServerThatIsNotRtspIsGivenUp) {
    answers_ = false;
    start();
    say("\x15\x03\x01");  // a TLS alert
    EXPECT_EQ(ended().reason, "bytes are not an RTSP message");
}

TEST_F(RtspClient, ASessionIsKeptAlive) {
    changes_ = {{"timeout=55", "timeout=2"}, {"timeout=55", "timeout=2"}};
    start();
    run_until([&] { return !tracks_.empty(); });
    run_until([&] { return far_.kept_alive >= 2; });
    EXPECT_THAT(received_, testing::HasSubstr("GET_PARAMETER rtsp://127.0.0.1:"));
    EXPECT_FALSE(end_);
}

TEST_F(RtspClient, ATeardownIsNotWaitedForLong) {
    start();
    run_until([&] { return !tracks_.empty(); });
    answers_ = false;
    client_->stop();
    auto const end = ended();
    EXPECT_THAT(received_, testing::HasSubstr("TEARDOWN "));
    EXPECT_THAT(end.reason, EndsWith("i/o timeout"));
}

TEST_F(RtspClient, AnAbandonedServerIsNotWaitedFor) {
    start();
    run_until([&] { return !tracks_.empty(); });
    answers_ = false;
    client_->abandon("no packet for 4 s");
    EXPECT_EQ(ended().reason, "no packet for 4 s");
}

TEST_F(RtspClient, StopBeforeTheStreamHasBegunEndsAtOnce) {
    answers_ = false;
    start();
    client_->stop();
    EXPECT_EQ(ended().reason, "stopped");
}

}  // namespace
}  // namespace tidegate::rtsp
