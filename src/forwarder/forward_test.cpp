// A forwarder between an RTSP server and RTMP targets that misbehave, on one loop.
#include "forwarder/forward.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "endpoint/test_peers.hpp"
#include "forwarder/forwarder_metrics.hpp"

namespace tidegate::forwarder {
namespace {

using endpoint::test::RtmpPeer;
using endpoint::test::RtspPeer;
using endpoint::test::unit;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

class ForwardTest : public testing::Test {
protected:
    ForwardTest() {
        settings.stream_id = "x";
        settings.rules.allow_private = true;
        settings.times.retry = {milliseconds{20}, milliseconds{80}};
        settings.times.steady = milliseconds{300};
        settings.times.refused_pause = milliseconds{400};
        settings.times.stall = milliseconds{500};
        settings.times.input_grace = milliseconds{1500};
    }
    void start(std::string const& target = {}) {
        settings.input = *endpoint::parse_source_url(source.url());
        settings.target = *rtmp::parse_target_url(target.empty() ? peer.url() : target);
        forward.emplace(loop.loop, settings);
        loop.loop.tasks().spawn("forward", run());
    }
    boost::asio::awaitable<void> run() { code = co_await forward->run(); }
    // Sends one picture and one sound every millisecond until the condition holds.
    template <class Condition>
    bool feed_until(Condition condition) {
        return loop.run_until([&] {
            if (source.playing() && sending) {
                source.send_unit(unit(0, at, std::uint8_t(at.count()), at.count() % 10 == 0));
                source.send_unit(unit(1, at, 7));
                at += milliseconds{20};
                at -= at % milliseconds{20};
            }
            return condition();
        });
    }
    bool ended() {
        return loop.run_until([&] { return code.has_value(); });
    }
    Phase phase() const { return forward->situation().phase; }

    endpoint::test::Loop loop;
    RtspPeer source{loop.io};
    RtmpPeer peer{loop.io};
    ForwardSettings settings;
    std::optional<Forward> forward;
    std::optional<ExitCode> code;
    milliseconds at{3'600'000};
    bool sending = true;
};

TEST_F(ForwardTest, CopiesWithTimesThatBeginNearZero) {
    start();
    ASSERT_TRUE(feed_until([&] { return peer.count(true) >= 20 && peer.count(false) >= 20; }));
    auto const pictures = peer.units(true);
    EXPECT_TRUE(pictures[0].keyframe);
    EXPECT_LE(pictures[0].stamp, 200);
    EXPECT_EQ(pictures[15].stamp - pictures[10].stamp, 100);
    EXPECT_EQ(phase(), Phase::forwarding);
    forward->stop();
    ASSERT_TRUE(ended());
    EXPECT_EQ(*code, ExitCode::stopped);
    EXPECT_TRUE(loop.run_until([&] { return peer.closed == 1 && source.teardowns == 1; }));
}

TEST_F(ForwardTest, ComesBackToATargetThatClosesAndResets) {
    start();
    ASSERT_TRUE(feed_until([&] { return peer.count(true) >= 5; }));
    for (int round = 0; round < 6; ++round) {
        round % 2 == 0 ? peer.drop() : peer.reset();
        peer.received.clear();
        ASSERT_TRUE(feed_until([&] { return peer.count(true) >= 5; })) << round;
        EXPECT_TRUE(peer.units(true)[0].keyframe) << round;
        EXPECT_LE(peer.units(true)[0].stamp, 200) << round;
    }
    EXPECT_EQ(source.describes.size(), 1U) << "the input stays";
    EXPECT_EQ(forward->situation().connections, 7U);
    EXPECT_EQ(forward->situation().retries.at("closed"), 6U);
}

TEST_F(ForwardTest, FindsATargetThatAcceptsAndNeverReads) {
    start();
    ASSERT_TRUE(feed_until([&] { return peer.count(true) >= 5; }));
    peer.pause();
    ASSERT_TRUE(loop.run_until([&] {
        source.send_unit(unit(0, at += milliseconds{20}, 1, true, 30'000));
        return forward->situation().retries.contains("stalled");
    }));
    ASSERT_TRUE(forward->situation().last_failure);
    EXPECT_THAT(forward->situation().last_failure->message, HasSubstr("taken no byte for"));
    peer.resume();
    peer.received.clear();
    EXPECT_TRUE(feed_until([&] { return peer.connections >= 2 && peer.count(true) >= 5; }));
}

TEST_F(ForwardTest, EndsWhenTheTargetRefusesTheCredentials) {
    peer.refusal = {"NetStream.Publish.Unauthorized", "authentication failed for s3cretkey"};
    start("rtmp://127.0.0.1:" + std::to_string(peer.port()) + "/live/s3cretkey");
    ASSERT_TRUE(feed_until([&] { return code.has_value(); }));
    EXPECT_EQ(*code, ExitCode::output_refused);
    EXPECT_EQ(peer.connections, 1);
    EXPECT_THAT(forward->situation().last_failure->message, Not(HasSubstr("s3cretkey")));
    auto const metrics = render_metrics(forward->situation(), {});
    EXPECT_THAT(metrics,
                HasSubstr("tidegate_forwarder_failures_total{error_kind=\"credentials\"} 1"));
    EXPECT_THAT(metrics, Not(HasSubstr("s3cretkey")));
}

TEST_F(ForwardTest, PausesAfterRefusalsThatSayNothingOfCredentials) {
    peer.refusal = {"NetStream.Publish.BadName", "already publishing"};
    start();
    ASSERT_TRUE(feed_until([&] { return phase() == Phase::paused; }));
    EXPECT_EQ(peer.connections, int(kMostRefusals));
    peer.refusal.reset();
    EXPECT_TRUE(feed_until([&] { return peer.count(true) >= 5; })) << "the pause ends";
}

TEST_F(ForwardTest, EndsAfterSoManyFailuresAsAreAllowed) {
    auto const target = peer.url();
    peer.refuse_connections();
    settings.most_attempts = 3;
    start(target);
    ASSERT_TRUE(feed_until([&] { return code.has_value(); }));
    EXPECT_EQ(*code, ExitCode::transient);
    EXPECT_EQ(forward->situation().retries.at("connect"), 3U);
}

TEST_F(ForwardTest, RefusesAForbiddenAddressAndDoesNotConnect) {
    settings.rules = {};
    start();
    ASSERT_TRUE(feed_until([&] { return code.has_value(); }));
    EXPECT_EQ(*code, ExitCode::configuration);
    EXPECT_EQ(peer.connections, 0);
    EXPECT_THAT(forward->situation().last_failure->message, HasSubstr("loopback"));
}

TEST_F(ForwardTest, KeepsTheTargetWhileTheInputIsAway) {
    start();
    ASSERT_TRUE(feed_until([&] { return peer.count(true) >= 5; }));
    source.drop();
    ASSERT_TRUE(loop.run_until([&] { return !forward->situation().input_playing; }));
    auto const before = peer.units(true).back().stamp;
    peer.received.clear();
    ASSERT_TRUE(feed_until([&] { return peer.count(true) >= 5; }));
    EXPECT_EQ(peer.connections, 1) << "the same session";
    EXPECT_GT(peer.units(true)[0].stamp, before);
}

TEST_F(ForwardTest, EndsWithTheInput) {
    start();
    ASSERT_TRUE(feed_until([&] { return peer.count(true) >= 5; }));
    source.absent = true;
    source.drop();
    ASSERT_TRUE(ended());
    EXPECT_EQ(*code, ExitCode::stopped);
    EXPECT_TRUE(loop.run_until([&] { return peer.closed == 1; }));
}

TEST_F(ForwardTest, SaysThatTheInputNeverPlayed) {
    source.absent = true;
    start();
    ASSERT_TRUE(ended());
    EXPECT_EQ(*code, ExitCode::input_unavailable);
    EXPECT_EQ(peer.connections, 0);
}

TEST_F(ForwardTest, GivesTheTargetANewSessionForOtherCodecs) {
    start();
    ASSERT_TRUE(feed_until([&] { return peer.count(true) >= 5; }));
    source.tracks = {{media::OpusConfig{2}}};
    sending = false;
    source.drop();
    peer.received.clear();
    ASSERT_TRUE(loop.run_until([&] {
        if (source.playing()) source.send_unit(unit(0, at += milliseconds{20}, 3, true));
        return peer.connections == 2 && peer.count(false) >= 5;
    }));
    EXPECT_EQ(forward->situation().failures, 0U);
}

}  // namespace
}  // namespace tidegate::forwarder
