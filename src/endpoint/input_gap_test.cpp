// What is handed on while the source is away, and how it goes on when it returns.
#include <gtest/gtest.h>

#include <map>

#include "endpoint/input.hpp"
#include "endpoint/test_peers.hpp"

namespace tidegate::endpoint {
namespace {

using test::milliseconds;
using test::RtspPeer;

class GapSink final : public UnitSink {
public:
    void on_tracks(media::Tracks const& now) override { tracks.push_back(now); }
    void on_unit(media::Unit const& unit) override {
        auto const [newest, first] = newest_.try_emplace(unit.track, unit.dts);
        if (!first) {
            EXPECT_GT(unit.dts, newest->second) << "track " << unit.track;
            newest->second = unit.dts;
        }
        units.push_back(unit);
    }
    void on_end() override {}
    std::vector<media::Unit> of(std::uint16_t track, std::size_t from = 0) const {
        std::vector<media::Unit> found;
        for (auto i = from; i < units.size(); ++i) {
            if (units[i].track == track) found.push_back(units[i]);
        }
        return found;
    }

    std::vector<media::Tracks> tracks;
    std::vector<media::Unit> units;

private:
    std::map<std::uint16_t, base::Timestamp> newest_;
};

class InputGapTest : public testing::Test {
protected:
    static constexpr milliseconds kGrace{1500};

    void start(SourceLost lost, milliseconds pause = milliseconds{60'000}) {
        Input::Events events{.playing = [this] { ++playing; },
                             .lost = [](std::string const&) {},
                             .reconnecting = [](std::size_t, milliseconds) {},
                             .read_end = [] {},
                             .filling = [this](std::string const& why) { reasons.push_back(why); },
                             .filled = [this] { ++filled; },
                             .slate_refused = [this](std::string const& why) { refused = why; }};
        InputTimes const times{.reconnect_delays = {milliseconds{20}},
                               .connect = milliseconds{2000},
                               .silence = milliseconds{60'000},
                               .pause = pause};
        lost.grace = grace;
        input.emplace(loop.loop, *parse_source_url(peer.url()), sink, statistics, std::move(events),
                      times, "stream-worker", std::move(lost));
        loop.loop.tasks().spawn("input", run());
        ASSERT_TRUE(wait_playing(1));
    }
    boost::asio::awaitable<void> run() { end = co_await input->run(); }
    bool wait_playing(int count) {
        return loop.run_until([this, count] { return playing == count && peer.playing(); });
    }
    bool wait_units(std::size_t count) {
        return loop.run_until([this, count] { return sink.units.size() >= count; });
    }
    // A picture each 40 ms, a unit of sound at the same time.
    void send(int first, int count, std::uint8_t mark, bool keyframe = true) {
        for (int i = 0; i < count; ++i) {
            peer.send_unit(test::unit(0, milliseconds{first + 40 * i}, mark, keyframe && i == 0));
            peer.send_unit(test::unit(1, milliseconds{first + 40 * i}, mark));
        }
    }
    void lose() {
        peer.absent = true;
        peer.drop();
        ASSERT_TRUE(loop.run_until([this] { return !reasons.empty(); }));
    }

    test::Loop loop;
    RtspPeer peer{loop.io};
    GapSink sink;
    Statistics statistics;
    std::optional<Input> input;
    std::optional<Input::End> end;
    milliseconds grace{60'000};
    int playing = 0;
    int filled = 0;
    std::vector<std::string> reasons;
    std::string refused;
};

TEST_F(InputGapTest, TheLastKeyFrameIsRepeatedWithSilenceAndThenTheSourceGoesOn) {
    start({.then = OnSourceLost::hold});
    send(0, 5, 0x11);
    ASSERT_TRUE(wait_units(10));
    lose();
    ASSERT_TRUE(loop.run_until([this] { return sink.of(0, 10).size() >= 3; }));
    auto const held = sink.units.size();
    auto const pictures = sink.of(0, 10);
    EXPECT_TRUE(pictures[0].keyframe);
    EXPECT_EQ(pictures[1].dts - pictures[0].dts, filler::kStillInterval);
    auto const sound = sink.of(1, 10);
    ASSERT_GT(sound.size(), 30U) << "silence of a second";
    EXPECT_EQ(sound[0].dts - sink.of(1)[4].dts, milliseconds{40}) << "no gap";
    EXPECT_EQ(statistics.units_in(), 10U);
    EXPECT_EQ(statistics.units_filled, held - 10);
    EXPECT_TRUE(input->filling());

    peer.absent = false;
    ASSERT_TRUE(wait_playing(2));
    send(90'000, 3, 0x22, false);  // another clock, in the middle of a group of pictures
    ASSERT_TRUE(loop.run_until([this] { return statistics.units_in() == 13; })) << "the sound";
    EXPECT_EQ(filled, 0) << "the picture waits for a key frame";
    send(90'120, 2, 0x33);
    ASSERT_TRUE(loop.run_until([this] { return filled == 1; }));
    EXPECT_FALSE(input->filling());
    auto const after = sink.of(0, held);
    EXPECT_TRUE(std::ranges::none_of(after, [](auto const& unit) {
        return unit.payload.view()[8] == (0x22 | 0x80);
    })) << "pictures that refer to what was not shown are left out";
    ASSERT_TRUE(loop.run_until([this] { return statistics.units_in() == 17; }));
    auto const video = sink.of(0), audio = sink.of(1);
    EXPECT_EQ(video.back().pts, audio.back().pts) << "sound and picture stay together";
    EXPECT_EQ(sink.tracks.size(), 1U) << "nothing was told anew";
    EXPECT_EQ(reasons.size(), 1U);
    EXPECT_TRUE(loop.exceptions.empty());
}

TEST_F(InputGapTest, ItEndsWithTheGracePeriod) {
    grace = kGrace;
    start({.then = OnSourceLost::hold});
    send(0, 2, 1);
    ASSERT_TRUE(wait_units(4));
    auto const before = std::chrono::steady_clock::now();
    lose();
    ASSERT_TRUE(loop.run_until([this] { return end.has_value(); }));
    EXPECT_EQ(end, Input::End::source_ended);
    auto const took = std::chrono::steady_clock::now() - before;
    EXPECT_GE(took, kGrace - milliseconds{300});
    EXPECT_GE(sink.of(0).back().dts - sink.of(0)[1].dts, kGrace - milliseconds{800});
}

TEST_F(InputGapTest, AConnectionThatBringsNothingIsFilledToo) {
    start({.then = OnSourceLost::hold}, milliseconds{100});
    send(0, 2, 1);
    ASSERT_TRUE(loop.run_until([this] { return sink.of(0, 4).size() >= 2; }));
    EXPECT_EQ(reasons, std::vector<std::string>{"the source sends nothing"});
    send(80, 2, 2);  // what it had to say meanwhile comes now, on the same connection
    ASSERT_TRUE(loop.run_until([this] { return filled == 1; }));
    EXPECT_EQ(playing, 1);
}

TEST_F(InputGapTest, ASourceThatWasNeverThereIsNotFilled) {
    grace = milliseconds{100};
    start({.then = OnSourceLost::hold});
    peer.absent = true;
    peer.drop();
    ASSERT_TRUE(loop.run_until([this] { return end.has_value(); }));
    EXPECT_TRUE(reasons.empty());
    EXPECT_TRUE(sink.units.empty());
}

// A picture each 100 ms, in the source's codec and with other parameter sets.
std::shared_ptr<filler::Slate const> slate_of(media::Track track) {
    filler::Slate slate;
    slate.tracks = {std::move(track)};
    slate.units.resize(1);
    for (int i = 0; i < 5; ++i) {
        auto unit = test::unit(0, milliseconds{100 * i}, 0x66, i == 0);
        slate.units[0].push_back(unit);
    }
    slate.duration = milliseconds{500};
    return std::make_shared<filler::Slate const>(std::move(slate));
}

TEST_F(InputGapTest, ASlateHasItsOwnParameterSetsAndSilenceWhereItHasNoSound) {
    start({.then = OnSourceLost::slate, .slate = slate_of({media::test::h264_main_360p()})});
    EXPECT_EQ(refused, "");
    send(0, 2, 1);
    ASSERT_TRUE(wait_units(4));
    lose();
    ASSERT_TRUE(loop.run_until([this] { return sink.of(0, 4).size() >= 7; }));
    ASSERT_EQ(sink.tracks.size(), 2U);
    EXPECT_EQ(sink.tracks[1][0].config, media::test::h264_main_360p());
    EXPECT_EQ(sink.tracks[1][1], test::av_tracks()[1]);
    auto const shown = sink.of(0, 4);
    EXPECT_TRUE(shown[0].keyframe && shown[5].keyframe && !shown[1].keyframe);
    EXPECT_EQ(shown[5].dts - shown[0].dts, milliseconds{500});
    EXPECT_FALSE(sink.of(1, 4).empty());
    peer.absent = false;
    ASSERT_TRUE(wait_playing(2));
    send(0, 1, 7);
    ASSERT_TRUE(loop.run_until([this] { return filled == 1; }));
    ASSERT_EQ(sink.tracks.size(), 3U);
    EXPECT_EQ(sink.tracks[2], test::av_tracks());
}

TEST_F(InputGapTest, ASlateInAnotherCodecIsRefusedAndThePictureHeld) {
    start({.then = OnSourceLost::slate, .slate = slate_of({media::test::h265_1080p()})});
    EXPECT_EQ(refused, "the slate has no picture in H264, the codec of the source");
    send(0, 2, 0x44);
    ASSERT_TRUE(wait_units(4));
    lose();
    ASSERT_TRUE(loop.run_until([this] { return sink.of(0, 4).size() >= 1; }));
    EXPECT_TRUE(std::ranges::equal(sink.of(0, 4)[0].payload.view(), sink.of(0)[0].payload.view()));
    EXPECT_EQ(sink.tracks.size(), 1U);
}

}  // namespace
}  // namespace tidegate::endpoint
