#include "endpoint/output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "endpoint/source.hpp"
#include "endpoint/test_peers.hpp"

namespace tidegate::endpoint {
namespace {

using test::milliseconds;
using test::RtmpPeer;
using test::unit;

class OutputTest : public testing::Test {
protected:
    void start() {
        Output::Events events{.tracks_known = [this] { loop.loop.tasks().spawn("output", run()); },
                              .accepted = [this] { ++accepted; },
                              .ended = [this] { ++ended_events; }};
        output.emplace(loop.loop, *parse_source_url(peer.url()), statistics, std::move(events));
        if (!languages.empty()) output->on_caption_languages(languages);
        output->on_tracks(test::av_tracks());
    }
    boost::asio::awaitable<void> run() { end = co_await output->run(); }
    bool wait_accepted() {
        return loop.run_until([this] { return accepted == 1; });
    }
    bool wait_units(bool video, std::size_t count) {
        return loop.run_until([&] { return peer.count(video) >= count; });
    }

    test::Loop loop;
    RtmpPeer peer{loop.io};
    std::vector<std::string> languages;  // of captions
    Statistics statistics;
    std::optional<Output> output;
    std::optional<Output::End> end;
    int accepted = 0;
    int ended_events = 0;
};

TEST_F(OutputTest, PublishesHeadersThenUnitsWithTheirTimes) {
    start();
    ASSERT_TRUE(wait_accepted());
    output->on_unit(unit(0, milliseconds{100}, 1));
    output->on_unit(unit(1, milliseconds{110}, 2));
    ASSERT_TRUE(wait_units(false, 1));
    ASSERT_EQ(peer.received.size(), 4U);
    EXPECT_TRUE(peer.received[0].header && peer.received[0].video);
    EXPECT_TRUE(peer.received[1].header && !peer.received[1].video);
    EXPECT_EQ(peer.received[2].stamp, 100);
    EXPECT_TRUE(peer.received[2].keyframe);
    EXPECT_EQ(peer.received[3].stamp, 110);
    EXPECT_EQ(peer.received[3].payload, base::Bytes(50, 2));
    EXPECT_EQ(statistics.units_out(), 2U);
    EXPECT_EQ(statistics.delays().total(), 0U) << "nothing was counted in";
    output->stop();
    ASSERT_TRUE(loop.run_until([&] { return end.has_value(); }));
    EXPECT_EQ(end->reason, "stopped");
    EXPECT_EQ(peer.closed, 1) << "unpublished";
}

media::Caption said(milliseconds start, std::string text) {
    return {.language = "es", .start = start, .duration = milliseconds{1500}, .text = text};
}

TEST_F(OutputTest, CaptionsAreAnnouncedAndToldWithTheirTimes) {
    languages = {"es"};
    start();
    output->on_caption(said(milliseconds{10}, "nobody listens yet"));
    ASSERT_TRUE(wait_accepted());
    output->on_unit(unit(0, milliseconds{100}, 1));
    output->on_caption(said(milliseconds{5000}, "hola"));
    output->on_unit(unit(1, milliseconds{110}, 2));
    ASSERT_TRUE(wait_units(false, 1));
    EXPECT_EQ(peer.caption_languages, languages);
    ASSERT_EQ(peer.captions.size(), 1U);
    EXPECT_EQ(peer.captions[0].language, "es");
    EXPECT_EQ(peer.captions[0].start, milliseconds{5000});
    EXPECT_EQ(peer.captions[0].duration, milliseconds{1500});
    EXPECT_EQ(peer.captions[0].text, "hola");
    EXPECT_EQ(peer.units(false)[0].stamp, 110);
}

TEST_F(OutputTest, PicturesOfAnySizeArriveWhole) {
    start();
    ASSERT_TRUE(wait_accepted());
    std::vector<std::size_t> const sizes{1, 65'525, 65'526, 65'527, 65'531, 65'536, 200'000};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        output->on_unit(unit(0, milliseconds{33 * i}, std::uint8_t(i), true, sizes[i]));
    }
    ASSERT_TRUE(wait_units(true, sizes.size()));
    auto const units = peer.units(true);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        EXPECT_EQ(units[i].payload.size(), sizes[i] + 4);
        EXPECT_EQ(units[i].stamp, std::int64_t(33 * i));
    }
}

TEST_F(OutputTest, UnitsBeforeTheAnswerAreKeptInOrder) {
    peer.accepting = false;
    start();
    ASSERT_TRUE(loop.run_until([&] { return peer.asked; }));
    for (int i = 0; i < 10; ++i) {
        output->on_unit(unit(0, milliseconds{33 * i}, std::uint8_t(i), i == 0));
    }
    output->on_end();
    EXPECT_EQ(ended_events, 0) << "they wait";
    peer.accept_publish();
    ASSERT_TRUE(wait_units(true, 10));
    EXPECT_EQ(ended_events, 1);
    auto const units = peer.units(true);
    for (std::size_t i = 0; i < units.size(); ++i) {
        EXPECT_EQ(units[i].stamp, std::int64_t(33 * i));
        EXPECT_EQ(units[i].payload.back(), 0x80 | i);
    }
}

TEST_F(OutputTest, WhenTooManyWaitTheTrackGoesOnAtAKeyframe) {
    peer.accepting = false;
    start();
    ASSERT_TRUE(loop.run_until([&] { return peer.asked; }));
    auto const beyond = kMaxEarlyUnits + 5;
    for (std::size_t i = 0; i < beyond; ++i) {
        output->on_unit(unit(0, milliseconds{i}, 1, i % 100 == 0));
    }
    EXPECT_EQ(statistics.units_dropped, 5U);
    peer.accept_publish();
    ASSERT_TRUE(wait_units(true, kMaxEarlyUnits));
    output->on_unit(unit(0, milliseconds{2000}, 1, false));
    output->on_unit(unit(0, milliseconds{2033}, 1, true));
    ASSERT_TRUE(wait_units(true, kMaxEarlyUnits + 1));
    EXPECT_EQ(peer.units(true).back().stamp, 2033);
    EXPECT_EQ(statistics.units_dropped, 6U);
}

TEST_F(OutputTest, ASlowServerLosesWholePicturesUpToAKeyframe) {
    start();
    ASSERT_TRUE(wait_accepted());
    peer.pause();
    // Far more than kernel and queue take: each picture is 30 kB, each tenth a keyframe.
    int sent = 0;
    for (; statistics.units_dropped < 25 && sent < 4000; ++sent) {
        output->on_unit(unit(0, milliseconds{33 * sent}, 1, sent % 10 == 0, 30'000));
        loop.io.restart();
        loop.io.poll();
    }
    ASSERT_GE(statistics.units_dropped, 25U);
    peer.resume();
    ASSERT_TRUE(loop.run_until([&] { return peer.count(true) == statistics.units_out(); }));
    for (int i = 0; i < 20; ++i, ++sent) {
        output->on_unit(unit(0, milliseconds{33 * sent}, 1, sent % 10 == 0, 30'000));
    }
    ASSERT_TRUE(loop.run_until([&] { return peer.count(true) == statistics.units_out(); }));
    auto const units = peer.units(true);
    EXPECT_EQ(units.size() + statistics.units_dropped, std::size_t(sent));
    int resumed = 0;
    for (std::size_t i = 1; i < units.size(); ++i) {
        if (units[i].stamp - units[i - 1].stamp <= 34) continue;
        ++resumed;
        EXPECT_TRUE(units[i].keyframe) << "after a gap at " << units[i].stamp;
    }
    EXPECT_GE(resumed, 1);
    EXPECT_FALSE(end) << "the session goes on";
}

TEST_F(OutputTest, ARefusalHasItsReason) {
    peer.refusal = {"NetStream.Publish.BadName", "taken"};
    start();
    ASSERT_TRUE(loop.run_until([&] { return end.has_value(); }));
    EXPECT_TRUE(end->refused);
    EXPECT_EQ(end->reason, "NetStream.Publish.BadName: taken");
}

TEST_F(OutputTest, AnEndInsteadOfAnAnswerIsARefusal) {
    for (bool const reset : {false, true}) {
        peer.accepting = peer.asked = false;
        end.reset();
        output.reset();
        start();
        ASSERT_TRUE(loop.run_until([&] { return peer.asked; }));
        reset ? peer.reset() : peer.drop();
        ASSERT_TRUE(loop.run_until([&] { return end.has_value(); }));
        EXPECT_TRUE(end->refused) << end->reason;
        EXPECT_THAT(end->reason, testing::HasSubstr("instead of accepting the stream: "));
    }
}

TEST_F(OutputTest, ALostConnectionIsNoRefusal) {
    start();
    ASSERT_TRUE(wait_accepted());
    peer.drop();
    ASSERT_TRUE(loop.run_until([&] { return end.has_value(); }));
    EXPECT_FALSE(end->refused);
    output->on_unit(unit(0, milliseconds{0}, 1));  // of use to nobody, and harmless
}

TEST_F(OutputTest, NewParametersAreSentWhereTheStreamIs) {
    start();
    ASSERT_TRUE(wait_accepted());
    output->on_unit(unit(0, milliseconds{5000}, 1));
    auto tracks = test::av_tracks();
    tracks[0].config = media::test::h264_main_360p();
    output->on_tracks(tracks);
    ASSERT_TRUE(loop.run_until([&] { return peer.received.size() == 5; }));
    EXPECT_TRUE(peer.received[3].header && peer.received[4].header);
    EXPECT_EQ(peer.received[3].stamp, 5000);
}

TEST_F(OutputTest, CorkedUnitsLeaveTogether) {
    start();
    ASSERT_TRUE(wait_accepted());
    output->cork();
    output->on_unit(unit(0, milliseconds{0}, 1));
    statistics.count_in(unit(1, milliseconds{1}, 2), std::chrono::steady_clock::now());
    output->on_unit(unit(1, milliseconds{1}, 2));
    loop.io.restart();
    loop.io.poll();
    EXPECT_TRUE(peer.units(true).empty());
    EXPECT_EQ(statistics.delays().total(), 0U);
    output->uncork();
    EXPECT_EQ(statistics.delays().total(), 1U) << "written";
    ASSERT_TRUE(wait_units(false, 1));
}

}  // namespace
}  // namespace tidegate::endpoint
