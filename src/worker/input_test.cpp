#include "worker/input.hpp"

#include <gtest/gtest.h>

#include "worker/test_peers.hpp"

namespace tidegate::worker {
namespace {

using test::milliseconds;
using test::RtspPeer;

class Recorder final : public UnitSink {
public:
    void on_tracks(media::Tracks const& now) override { tracks.push_back(now); }
    void on_unit(media::Unit const& unit) override { units.push_back(unit); }
    void on_end() override {}

    std::vector<media::Tracks> tracks;
    std::vector<media::Unit> units;
};

class InputTest : public testing::Test {
protected:
    // Delays far apart enough to be told from one another, silence far longer than a turn.
    static InputTimes times() {
        return {.reconnect_delays = {milliseconds{20}, milliseconds{40}, milliseconds{80}},
                .connect = milliseconds{2000},
                .silence = milliseconds{300}};
    }
    void start(InputTimes const& chosen = times()) {
        Input::Events events{.playing = [this](rtsp::Url const&) { ++playing; },
                             .lost = [this](std::string const& reason) { lost.push_back(reason); },
                             .reconnecting = [this](std::size_t attempt,
                                                    milliseconds) { attempts.push_back(attempt); },
                             .read_end = [this] { ++reads; }};
        input.emplace(loop.loop, *rtsp::parse_url(peer.url()), recorder, statistics,
                      std::move(events), chosen);
        loop.loop.tasks().spawn("input", run());
    }
    boost::asio::awaitable<void> run() { end = co_await input->run(); }
    void send(std::uint16_t track, int at, std::uint8_t mark) {
        peer.send_unit(test::unit(track, milliseconds{at}, mark));
    }
    bool ended() {
        return loop.run_until([this] { return end.has_value(); });
    }
    bool wait_playing(int count = 1) {
        return loop.run_until([this, count] { return playing == count && peer.playing(); });
    }
    bool wait_units(std::size_t count) {
        return loop.run_until([this, count] { return recorder.units.size() >= count; });
    }

    test::Loop loop;
    RtspPeer peer{loop.io};
    Recorder recorder;
    Statistics statistics;
    std::optional<Input> input;
    std::optional<Input::End> end;
    int playing = 0;
    int reads = 0;
    std::vector<std::string> lost;
    std::vector<std::size_t> attempts;
};

TEST_F(InputTest, HandsOnTracksThenUnits) {
    start();
    ASSERT_TRUE(wait_playing());
    ASSERT_EQ(recorder.tracks.size(), 1U) << "before any unit";
    EXPECT_EQ(recorder.tracks[0], test::av_tracks());
    send(0, 1000, 1);
    send(1, 1010, 2);
    ASSERT_TRUE(wait_units(2));
    EXPECT_EQ(recorder.units[0].pts, kLeadTime);
    EXPECT_TRUE(recorder.units[0].keyframe);
    EXPECT_EQ(recorder.units[1].payload.view()[0], 2);
    EXPECT_EQ(statistics.units_in(), 2U);
    EXPECT_GT(reads, 0);
    input->stop();
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::stopped);
    EXPECT_EQ(peer.teardowns, 1);
    EXPECT_TRUE(loop.exceptions.empty());
}

TEST_F(InputTest, APathThatNeverAppearsIsAskedFourTimesInAll) {
    peer.absent = true;
    start();
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::never_available);
    EXPECT_EQ(attempts, (std::vector<std::size_t>{1, 2, 3}));
    EXPECT_EQ(statistics.reconnections, 3U);
    ASSERT_EQ(peer.describes.size(), 4U);
    EXPECT_GE(peer.describes[3] - peer.describes[0], milliseconds{20 + 40 + 80});
    ASSERT_EQ(lost.size(), 4U);
    EXPECT_EQ(lost[0], "DESCRIBE: Not Found");
    EXPECT_TRUE(recorder.tracks.empty());
}

TEST_F(InputTest, AServerThatIsNotThereIsTriedThreeTimesMore) {
    peer.refuse_connections();
    input.emplace(
        loop.loop, *rtsp::parse_url("rtsp://127.0.0.1:1/x"), recorder, statistics,
        Input::Events{[](rtsp::Url const&) {},
                      [this](std::string const& reason) { lost.push_back(reason); },
                      [this](std::size_t n, milliseconds) { attempts.push_back(n); }, [] {}},
        times());
    loop.loop.tasks().spawn("input", run());
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::never_available);
    EXPECT_EQ(attempts.size(), 3U);
    EXPECT_EQ(lost[0], "connect 127.0.0.1:1: Connection refused");
}

TEST_F(InputTest, ASourceThatReturnsGoesOnWithRisingTimes) {
    start();
    for (int connection = 1; connection <= 6; ++connection) {
        ASSERT_TRUE(wait_playing(connection));
        auto const before = recorder.units.size();
        // Another RTP clock, the same wall clock.
        for (int i = 0; i < 3; ++i) send(0, 1000 * connection + 33 * i, 1);
        ASSERT_TRUE(wait_units(before + 3));
        peer.drop();
        ASSERT_TRUE(loop.run_until([&] { return lost.size() == std::size_t(connection); }));
    }
    EXPECT_EQ(attempts, std::vector<std::size_t>(6, 1)) << "media has flowed each time";
    for (std::size_t i = 1; i < recorder.units.size(); ++i) {
        EXPECT_GT(recorder.units[i].dts, recorder.units[i - 1].dts);
    }
    auto const gap = recorder.units[3].dts - recorder.units[2].dts;
    EXPECT_NEAR(std::chrono::duration<double>(gap).count(), 1.0 - 0.066, 0.002);
    EXPECT_EQ(recorder.tracks.size(), 1U) << "unchanged tracks are not told again";
}

TEST_F(InputTest, ConnectionsThatPlayWithoutMediaAreNotCountedAnew) {
    start();
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::source_ended) << "it had played";
    EXPECT_EQ(playing, 4);
    EXPECT_EQ(lost, std::vector<std::string>(4, "no media for 300 ms"));
    EXPECT_TRUE(loop.run_until([&] { return peer.teardowns == 4; }));
}

TEST_F(InputTest, OtherCodecsEndTheRun) {
    start();
    ASSERT_TRUE(wait_playing());
    send(0, 0, 1);
    ASSERT_TRUE(wait_units(1));
    peer.tracks = {{media::test::h265_1080p()}, {media::test::aac_stereo_44100()}};
    peer.drop();
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::tracks_changed);
}

TEST_F(InputTest, OtherParametersOfTheSameCodecsAreTold) {
    start();
    ASSERT_TRUE(wait_playing());
    send(0, 0, 1);
    ASSERT_TRUE(wait_units(1));
    peer.tracks[0].config = media::test::h264_main_360p();
    peer.drop();
    ASSERT_TRUE(wait_playing(2));
    ASSERT_EQ(recorder.tracks.size(), 2U);
    EXPECT_EQ(recorder.tracks[1], peer.tracks);
}

TEST_F(InputTest, StopEndsTheWaitForAReconnection) {
    peer.absent = true;
    auto patient = times();
    patient.reconnect_delays = {std::chrono::hours{1}};
    start(patient);
    ASSERT_TRUE(loop.run_until([&] { return attempts.size() == 1; }));
    input->stop();
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::stopped);
}

}  // namespace
}  // namespace tidegate::worker
