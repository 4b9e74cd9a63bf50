#include "endpoint/input.hpp"

#include <gtest/gtest.h>

#include "endpoint/test_peers.hpp"

namespace tidegate::endpoint {
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
    void start(InputTimes const& chosen = times(), std::string const& url = {}) {
        Input::Events events{.playing = [this] { ++playing; },
                             .lost = [this](std::string const& reason) { lost.push_back(reason); },
                             .reconnecting = [this](std::size_t attempt,
                                                    milliseconds) { attempts.push_back(attempt); },
                             .read_end = [this] { ++reads; }};
        input.emplace(loop.loop, *parse_source_url(url.empty() ? peer.url() : url), recorder,
                      statistics, std::move(events), chosen);
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
    EXPECT_EQ(recorder.units[0].dts, kOutputLead);
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
        loop.loop, *parse_source_url("rtsp://127.0.0.1:1/x"), recorder, statistics,
        Input::Events{[] {}, [this](std::string const& reason) { lost.push_back(reason); },
                      [this](std::size_t n, milliseconds) { attempts.push_back(n); }, [] {}},
        times());
    loop.loop.tasks().spawn("input", run());
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::never_available);
    EXPECT_EQ(attempts.size(), 3U);
    EXPECT_EQ(lost[0], "connect 127.0.0.1:1: Connection refused");
}

// How much later than the unit before it a unit is shown.
base::Timestamp apart(std::vector<media::Unit> const& units, std::size_t first) {
    return units[first + 1].pts - units[first].pts;
}

TEST_F(InputTest, ASourceThatReturnsGoesOnWithRisingTimes) {
    start();
    auto gone = std::chrono::steady_clock::now();
    for (int connection = 1; connection <= 6; ++connection) {
        ASSERT_TRUE(wait_playing(connection));
        auto const before = recorder.units.size();
        auto const back = std::chrono::steady_clock::now();
        // Another RTP clock, and a router that may have set its own back.
        auto const zero = connection % 2 == 0 ? 1000 : 90'000;
        for (int i = 0; i < 3; ++i) {
            send(0, zero + 33 * i, 1);
            send(1, zero + 20 + 33 * i, 1);
        }
        ASSERT_TRUE(wait_units(before + 6));
        EXPECT_NEAR(std::chrono::duration<double>(apart(recorder.units, before)).count(), 0.020,
                    0.001)
            << connection;
        if (connection > 1) {
            auto const gap = recorder.units[before].dts - recorder.units[before - 2].dts;
            EXPECT_GT(gap, std::chrono::nanoseconds{0});
            EXPECT_LT(gap, std::chrono::steady_clock::now() - gone + milliseconds{500})
                << "no longer than it was gone";
        }
        gone = back;
        peer.drop();
        ASSERT_TRUE(loop.run_until([&] { return lost.size() == std::size_t(connection); }));
    }
    EXPECT_EQ(attempts, std::vector<std::size_t>(6, 1)) << "media has flowed each time";
    for (std::size_t i = 2; i < recorder.units.size(); ++i) {
        EXPECT_GT(recorder.units[i].dts, recorder.units[i - 2].dts);
    }
    EXPECT_EQ(recorder.tracks.size(), 1U) << "unchanged tracks are not told again";
    EXPECT_EQ(statistics.av_offset, base::Timestamp{});
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
    send(1, 0, 1);
    ASSERT_TRUE(wait_units(2));
    peer.tracks = {{media::test::h265_1080p()}, {media::test::aac_stereo_44100()}};
    peer.drop();
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::tracks_changed);
}

TEST_F(InputTest, OtherParametersOfTheSameCodecsAreTold) {
    start();
    ASSERT_TRUE(wait_playing());
    send(0, 0, 1);
    send(1, 0, 1);
    ASSERT_TRUE(wait_units(2));
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

// The same over RTMP

class RtmpInputTest : public InputTest {
protected:
    test::RtmpSourcePeer source{loop.io};
    void start_rtmp() { start(times(), source.url()); }
    void send(std::uint16_t track, int at, std::uint8_t mark, bool keyframe = true) {
        source.send_unit(test::unit(track, milliseconds{at}, mark, keyframe));
    }
};

TEST_F(RtmpInputTest, HandsOnTracksThenUnitsAsFarApartAsTheyCome) {
    start_rtmp();
    ASSERT_TRUE(loop.run_until([this] { return playing == 1; }));
    ASSERT_EQ(recorder.tracks.size(), 1U) << "before any unit";
    EXPECT_EQ(recorder.tracks[0], test::av_tracks());
    send(1, 5'000'000, 7);
    send(0, 5'000'180, 8);
    ASSERT_TRUE(wait_units(2));
    EXPECT_EQ(recorder.units[0].pts, kOutputLead);
    EXPECT_EQ(recorder.units[0].payload.view()[0], 7);
    EXPECT_EQ(apart(recorder.units, 0), milliseconds{180});
    EXPECT_TRUE(recorder.units[1].keyframe);
    EXPECT_GT(reads, 0);
    input->stop();
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::stopped);
    EXPECT_TRUE(loop.exceptions.empty());
}

TEST_F(RtmpInputTest, ASourceThatReturnsGoesOnWithRisingTimes) {
    start_rtmp();
    for (int connection = 1; connection <= 4; ++connection) {
        ASSERT_TRUE(loop.run_until([&] { return playing == connection; }));
        auto const before = recorder.units.size();
        auto const zero = connection % 2 == 0 ? 0 : 90'000;
        send(0, zero + 200, 1);
        send(1, zero, 1);  // older than the picture, and still as far from it
        ASSERT_TRUE(wait_units(before + 2));
        EXPECT_EQ(apart(recorder.units, before), milliseconds{-200}) << connection;
        source.drop();
        ASSERT_TRUE(loop.run_until([&] { return lost.size() == std::size_t(connection); }));
    }
    EXPECT_EQ(recorder.tracks.size(), 1U);
    for (std::size_t i = 2; i < recorder.units.size(); ++i) {
        EXPECT_GT(recorder.units[i].dts, recorder.units[i - 2].dts);
    }
}

TEST_F(RtmpInputTest, APathThatNeverAppearsIsAskedFourTimesInAll) {
    source.absent = true;
    start_rtmp();
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::never_available);
    EXPECT_EQ(source.plays, 4);
    ASSERT_EQ(lost.size(), 4U);
    EXPECT_EQ(lost[0], "NetStream.Play.StreamNotFound: nobody publishes");
}

TEST_F(RtmpInputTest, ASourceWithoutMediaIsLeft) {
    start_rtmp();
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::source_ended) << "it had played";
    EXPECT_EQ(lost, std::vector<std::string>(4, "no media for 300 ms"));
}

TEST_F(RtmpInputTest, OtherParametersAreToldBetweenTheUnits) {
    start_rtmp();
    ASSERT_TRUE(loop.run_until([this] { return playing == 1; }));
    send(0, 0, 1);
    source.tracks[0].config = media::test::h264_main_360p();
    source.send_header(0);
    send(0, 40, 2);
    ASSERT_TRUE(wait_units(2));
    ASSERT_EQ(recorder.tracks.size(), 2U);
    EXPECT_EQ(recorder.tracks[1], source.tracks);
}

TEST_F(RtmpInputTest, OtherCodecsEndTheRun) {
    start_rtmp();
    ASSERT_TRUE(loop.run_until([this] { return playing == 1; }));
    send(0, 0, 1);
    ASSERT_TRUE(wait_units(1));
    source.tracks = {{media::test::h264_720p()}};
    source.drop();
    ASSERT_TRUE(loop.run_until([this] { return source.plays == 2; }));
    for (int i = 0; i < 50; ++i) send(0, 40 * i, 1);  // until sound is no longer to be expected
    ASSERT_TRUE(ended());
    EXPECT_EQ(end, Input::End::tracks_changed);
}

TEST(SourceUrl, IsRtspOrRtmpAndShownWithoutSecrets) {
    EXPECT_EQ(address_of(*parse_source_url("rtsp://u:geheim@h:8554/live/x/in")),
              "rtsp://h:8554/live/x/in");
    EXPECT_EQ(address_of(*parse_source_url("rtmp://h/live/x/in?pass=geheim")),
              "rtmp://h:1935/live/x/in");
    EXPECT_EQ(address_of(*parse_source_url("rtmps://u:geheim@h/live/x/in")),
              "rtmps://h:1936/live/x/in");
    EXPECT_EQ(address_of(*parse_source_url("rtsps://h/x")), "rtsps://h/x");
    EXPECT_TRUE(is_secure(*parse_source_url("rtmps://h/live/x/in")));
    EXPECT_TRUE(is_secure(*parse_source_url("rtsps://h/x")));
    EXPECT_FALSE(is_secure(*parse_source_url("rtsp://h/x")));
    for (auto const* const text : {"http://h/x", "https://h/x", "nonsense"}) {
        EXPECT_FALSE(parse_source_url(text)) << text;
    }
}

}  // namespace
}  // namespace tidegate::endpoint
