// The seam, proven by a stage that changes everything a stage may change: it drops the picture,
// rewrites the audio, and answers later.
#include "worker/stage.hpp"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <deque>

#include "endpoint/test_peers.hpp"
#include "worker/relay.hpp"

namespace tidegate::worker {

namespace test {
using namespace endpoint::test;
}

namespace {

using test::milliseconds;

constexpr milliseconds kAnswerTime{50};

class LateVoice final : public Stage {
public:
    LateVoice(net::EventLoop& loop, std::shared_ptr<StageSettings const> settings, UnitSink& next)
        : Stage(next), settings_(std::move(settings)), timer_(loop.io()) {}

    void on_tracks(media::Tracks const& tracks) override {
        audio_ = static_cast<std::uint16_t>(
            std::ranges::find(tracks, media::Kind::audio, &media::Track::kind) - tracks.begin());
        next().on_tracks({tracks[audio_]});
    }
    void on_unit(media::Unit const& unit) override {
        if (unit.track != audio_) return;
        waiting_.push_back(unit);
        if (waiting_.size() == 1) wait();
    }
    void on_end() override {
        timer_.cancel();
        while (!waiting_.empty()) answer();
        next().on_end();
    }

private:
    void wait() {
        timer_.expires_after(kAnswerTime);
        timer_.async_wait([this](boost::system::error_code cancelled) {
            if (cancelled) return;
            answer();
            if (!waiting_.empty()) wait();
        });
    }
    void answer() {
        auto unit = std::move(waiting_.front());
        waiting_.pop_front();
        auto const mark = static_cast<std::uint8_t>(settings_->param("mark")[0]);
        unit.payload = base::SharedBytes::copy_of(base::Bytes(unit.payload.size(), mark));
        unit.track = 0;
        next().on_unit(unit);
    }

    std::shared_ptr<StageSettings const> settings_;
    boost::asio::steady_timer timer_;
    std::uint16_t audio_ = 0;
    std::deque<media::Unit> waiting_;
};

class StageTest : public testing::Test {
protected:
    void start(StageFactory const& make_stage) {
        RelaySettings settings{.stream_id = "x",
                               .input = source.url(),
                               .output = target.url(),
                               .run_id = "run",
                               .params = {{"mark", "!"}}};
        settings.input_times.reconnect_delays = {milliseconds{1}};
        settings.input_times.silence = std::chrono::hours{1};
        relay = std::move(*Relay::create(loop.loop, settings, make_stage));
        loop.loop.tasks().spawn("worker", run());
    }
    boost::asio::awaitable<void> run() { code = co_await relay->run(); }

    test::Loop loop;
    test::RtspPeer source{loop.io};
    test::RtmpPeer target{loop.io};
    std::unique_ptr<Relay> relay;
    std::optional<ExitCode> code;
};

TEST_F(StageTest, AStageMayDropATrackRewriteAnotherAndAnswerLater) {
    start([](auto& event_loop, auto settings, auto& next) {
        return std::make_unique<LateVoice>(event_loop, settings, next);
    });
    ASSERT_TRUE(loop.run_until([&] { return relay->output_accepted() && source.playing(); }));
    for (int i = 0; i < 5; ++i) {
        source.send_unit(test::unit(0, milliseconds{1000 + 33 * i}, 1));
        source.send_unit(test::unit(1, milliseconds{1000 + 23 * i}, 2));
    }
    ASSERT_TRUE(loop.run_until([&] { return target.units(false).size() >= 2; }));
    // The source ends for good with answers outstanding: they still come out.
    source.absent = true;
    source.drop();
    ASSERT_TRUE(loop.run_until([&] { return code.has_value(); }));
    EXPECT_EQ(code, ExitCode::stopped);
    ASSERT_TRUE(loop.run_until([&] { return target.ended != 0 || target.closed != 0; }));
    auto const units = target.units(false);
    ASSERT_EQ(units.size(), 5U);
    for (std::size_t i = 0; i < units.size(); ++i) {
        EXPECT_EQ(units[i].payload, base::Bytes(50, '!'));
        if (i > 0) EXPECT_GT(units[i].stamp, units[i - 1].stamp);
    }
    EXPECT_TRUE(std::ranges::none_of(target.received, &test::RtmpPeer::Received::video))
        << "neither a header nor a unit of the dropped track";
    EXPECT_EQ(relay->statistics().in()[0].units, 5U);
    EXPECT_GE(relay->statistics().delays().sum_seconds(), 0.05) << "the stage's time is seen";
    EXPECT_TRUE(loop.exceptions.empty());
}

TEST_F(StageTest, PassthroughChangesNothing) {
    start(make_passthrough);
    ASSERT_TRUE(loop.run_until([&] { return source.playing(); }));
    for (int i = 0; i < 5; ++i) {
        source.send_unit(test::unit(0, milliseconds{33 * i}, std::uint8_t(i)));
        source.send_unit(test::unit(1, milliseconds{33 * i + 5}, std::uint8_t(i)));
    }
    ASSERT_TRUE(loop.run_until([&] { return target.units(false).size() == 5; }));
    ASSERT_EQ(target.units(true).size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        // Pictures are decoded before they are shown, by the two frames of reordering in the SPS.
        auto const since_first = target.units(true)[i].stamp - target.units(true)[0].stamp;
        EXPECT_LE(std::abs(since_first - std::int64_t(33 * i)), 1);
        // And the sound is as far from them as it was sent.
        auto const apart = target.units(false)[i].stamp - target.units(true)[0].stamp;
        EXPECT_LE(std::abs(apart - std::int64_t(67 + 5 + 33 * i)), 1);
        EXPECT_EQ(target.units(false)[i].payload, base::Bytes(50, std::uint8_t(i)));
    }
    relay->stop();
    ASSERT_TRUE(loop.run_until([&] { return code.has_value(); }));
    EXPECT_EQ(code, ExitCode::stopped);
    EXPECT_EQ(source.teardowns, 1);
    ASSERT_TRUE(loop.run_until([&] { return target.closed == 1; }));
}

}  // namespace
}  // namespace tidegate::worker
