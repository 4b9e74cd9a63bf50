// What Output does over RTSP. What both protocols have in common is in output_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "endpoint/output.hpp"
#include "endpoint/source.hpp"
#include "endpoint/test_rtsp_target.hpp"

namespace tidegate::endpoint {
namespace {

using test::milliseconds;
using test::RtspTarget;
using test::unit;
using testing::HasSubstr;

// A picture and two languages.
media::Tracks dubbed() {
    auto tracks = test::av_tracks();
    tracks.push_back(tracks[1]);
    tracks[1].language = "en";
    tracks[2].language = "es";
    tracks[2].name = "Español";
    return tracks;
}

class RtspOutputTest : public testing::Test {
protected:
    void start(media::Tracks tracks = dubbed(), std::string const& login = {}) {
        Output::Events events{.tracks_known = [this] { loop.loop.tasks().spawn("output", run()); },
                              .accepted = [this] { ++accepted; },
                              .ended = [this] { ++ended_events; }};
        output.emplace(loop.loop, *parse_source_url(peer.url(login)), statistics,
                       std::move(events));
        if (!languages.empty()) output->on_caption_languages(languages);
        output->on_tracks(std::move(tracks));
    }
    boost::asio::awaitable<void> run() { end = co_await output->run(); }
    bool wait_accepted() {
        return loop.run_until([this] { return accepted == 1; });
    }
    bool wait_end() {
        return loop.run_until([this] { return end.has_value(); });
    }
    // One unit of each track, so that the tracks have begun.
    bool begin(std::size_t tracks = 3) {
        for (std::uint16_t i = 0; i < tracks; ++i) output->on_unit(unit(i, milliseconds{0}, 1));
        return loop.run_until([&] { return peer.received.size() == tracks; });
    }

    test::Loop loop;
    RtspTarget peer{loop.io};
    std::vector<std::string> languages;  // of captions
    Statistics statistics;
    std::optional<Output> output;
    std::optional<Output::End> end;
    int accepted = 0;
    int ended_events = 0;
};

TEST_F(RtspOutputTest, AllTracksArriveWholeAndInTheirPlaces) {
    start();
    ASSERT_TRUE(wait_accepted());
    EXPECT_EQ(peer.announced, dubbed()) << "with languages and names";
    for (int i = 0; i < 20; ++i) {
        output->on_unit(unit(0, milliseconds{40 * i + 7}, std::uint8_t(i), i == 0, 5000));
        output->on_unit(unit(1, milliseconds{40 * i + 20}, std::uint8_t(i)));
        output->on_unit(unit(2, milliseconds{40 * i + 33}, std::uint8_t(i)));
    }
    ASSERT_TRUE(loop.run_until([&] { return peer.received.size() == 60; }));
    auto const zero = peer.units(0)[0].pts - milliseconds{7};
    for (std::uint16_t track = 0; track < 3; ++track) {
        auto const units = peer.units(track);
        ASSERT_EQ(units.size(), 20U);
        for (unsigned i = 0; i < 20; ++i) {
            auto const sent = unit(track, milliseconds{40 * i + 7 + 13 * track}, std::uint8_t(i),
                                   i == 0, track == 0 ? 5000 : 50);
            auto const bytes = sent.payload.view();
            if (i > 0) {  // a key frame comes with its parameter sets
                EXPECT_EQ(units[i].payload, base::Bytes(bytes.begin(), bytes.end()));
            }
            EXPECT_LT(std::chrono::abs(units[i].pts - zero - sent.pts),
                      std::chrono::microseconds{40})
                << track << " " << i;
        }
    }
    EXPECT_EQ(peer.packets_before_report, 0);
    EXPECT_EQ(statistics.units_out(), 60U);
    output->stop();
    ASSERT_TRUE(wait_end());
    EXPECT_FALSE(end->refused);
    EXPECT_EQ(peer.teardowns, 1);
}

media::Caption spoken(milliseconds start) {
    return {.language = "es", .start = start, .duration = milliseconds{1500}, .text = "hola"};
}

TEST_F(RtspOutputTest, CaptionsAreTimedByTheClockOfTheirSound) {
    languages = {"es", "en"};
    start();
    ASSERT_TRUE(wait_accepted());
    EXPECT_EQ(peer.caption_languages, languages);
    output->on_caption(spoken(milliseconds{3000}));  // no sound has begun
    ASSERT_TRUE(begin());
    output->on_caption(spoken(milliseconds{4000}));
    auto german = spoken(milliseconds{4000});
    german.language = "de";
    output->on_caption(german);
    ASSERT_TRUE(loop.run_until([&] { return !peer.captions.empty(); }));
    output->on_unit(unit(2, milliseconds{40}, 1));
    ASSERT_TRUE(loop.run_until([&] { return peer.received.size() == 4; }));
    ASSERT_EQ(peer.captions.size(), 1U);
    EXPECT_EQ(peer.captions[0].language, "es");
    EXPECT_EQ(peer.captions[0].text, "hola");
    auto const zero = peer.units(2)[0].pts;
    EXPECT_LT(std::chrono::abs(peer.captions[0].start - zero - milliseconds{4000}),
              std::chrono::microseconds{40});
}

TEST_F(RtspOutputTest, AServerThatKnowsNoCaptionsIsToldOfOneAndGoesOn) {
    languages = {"es"};
    peer.knows_captions = false;
    start();
    ASSERT_TRUE(wait_accepted());
    ASSERT_TRUE(begin());
    output->on_caption(spoken(milliseconds{4000}));
    ASSERT_TRUE(loop.run_until([&] { return peer.refused_captions == 1; }));
    for (int i = 1; i <= 20; ++i) output->on_unit(unit(0, milliseconds{40 * i}, std::uint8_t(i)));
    ASSERT_TRUE(loop.run_until([&] { return peer.received.size() == 23; }));
    for (int i = 0; i < 20; ++i) output->on_caption(spoken(milliseconds{5000}));
    output->on_unit(unit(0, milliseconds{1000}, 1));
    ASSERT_TRUE(loop.run_until([&] { return peer.received.size() == 24; }));
    EXPECT_EQ(peer.refused_captions, 1);
    EXPECT_FALSE(end);
}

TEST_F(RtspOutputTest, ReportsOfAllTracksAreOfOneClock) {
    start();
    ASSERT_TRUE(wait_accepted());
    for (int second = 0; second < 25; ++second) {
        for (std::uint16_t track = 0; track < 3; ++track) {
            output->on_unit(unit(track, milliseconds{1000 * second + 10 * track}, 1));
        }
    }
    ASSERT_TRUE(loop.run_until([&] { return peer.received.size() == 75; }));
    double const rates[] = {90'000, 44'100, 44'100};
    double zero = 0;
    for (std::uint16_t track = 0; track < 3; ++track) {
        ASSERT_EQ(peer.reports[track].size(), 5U) << "one in 5 s";
        for (auto const& report : peer.reports[track]) {
            auto const wall = double(report.ntp % (std::uint64_t{1} << 48)) / 4294967296.0;
            auto const media =
                double(report.rtptime - peer.first_rtptime[track]) / rates[track] + 0.01 * track;
            if (zero == 0) zero = wall - media;
            EXPECT_NEAR(wall - media, zero, 0.00003) << track;
        }
        EXPECT_EQ(peer.reports[track][0].packets, 0U);
        EXPECT_EQ(peer.reports[track][1].packets, 5U);
    }
}

// MediaMTX places a track by the arrival of its first packet.
TEST_F(RtspOutputTest, TracksBeginAsFarApartAsTheyArePlayed) {
    peer.accepting = false;
    start(test::av_tracks());
    ASSERT_TRUE(loop.run_until([&] { return peer.asked; }));
    for (int i = 0; i < 30; ++i) {
        output->on_unit(unit(0, milliseconds{200 + 33 * i}, 1, i == 0));
        output->on_unit(unit(1, milliseconds{21 * i}, 2));
    }
    output->on_end();
    peer.accept_record();
    ASSERT_TRUE(loop.run_until([&] { return peer.received.size() == 60; }));
    auto const apart = peer.first_at[0] - peer.first_at[1];
    EXPECT_GE(apart, milliseconds{195});
    EXPECT_LT(apart, milliseconds{1000});
    EXPECT_EQ(statistics.units_dropped, 0U);
    EXPECT_EQ(ended_events, 1);
}

TEST_F(RtspOutputTest, AStopSendsWhatStillWaits) {
    start(test::av_tracks());
    ASSERT_TRUE(wait_accepted());
    output->on_unit(unit(1, milliseconds{0}, 2));
    output->on_unit(unit(1, milliseconds{21}, 2));  // the picture is not there yet
    output->stop();
    ASSERT_TRUE(wait_end());
    EXPECT_EQ(statistics.units_out(), 2U);
    EXPECT_EQ(peer.teardowns, 1);
}

TEST_F(RtspOutputTest, ASlowServerLosesWholePicturesUpToAKeyframe) {
    start({test::av_tracks()[0]});
    ASSERT_TRUE(wait_accepted());
    ASSERT_TRUE(begin(1));
    peer.pause();
    int sent = 1;
    for (; statistics.units_dropped < 25 && sent < 4000; ++sent) {
        output->on_unit(unit(0, milliseconds{33 * sent}, 1, sent % 10 == 0, 30'000));
        loop.io.restart();
        loop.io.poll();
    }
    ASSERT_GE(statistics.units_dropped, 25U);
    peer.resume();
    auto const all_there = [&] { return peer.received.size() == statistics.units_out(); };
    ASSERT_TRUE(loop.run_until(all_there));
    for (int i = 0; i < 20; ++i, ++sent) {
        output->on_unit(unit(0, milliseconds{33 * sent}, 1, sent % 10 == 0, 30'000));
    }
    ASSERT_TRUE(loop.run_until(all_there));
    int resumed = 0;
    for (std::size_t i = 1; i < peer.received.size(); ++i) {
        if (peer.received[i].pts - peer.received[i - 1].pts <= milliseconds{34}) continue;
        ++resumed;
        EXPECT_TRUE(peer.received[i].keyframe);
    }
    EXPECT_GE(resumed, 1);
    EXPECT_EQ(peer.packets_lost(), 0U) << "what was not sent has no sequence number";
    EXPECT_FALSE(end) << "the session goes on";
}

TEST_F(RtspOutputTest, ALoginIsUsedAndAWrongOneIsARefusal) {
    peer.login = {"worker", "secret"};
    start(test::av_tracks(), "worker:secret@");
    ASSERT_TRUE(wait_accepted());
    output->stop();
    ASSERT_TRUE(wait_end());
    for (auto const* const wrong : {"", "worker:wrong@"}) {
        end.reset();
        output.reset();
        start(test::av_tracks(), wrong);
        ASSERT_TRUE(wait_end());
        EXPECT_TRUE(end->refused);
        EXPECT_EQ(end->reason, "ANNOUNCE: Unauthorized");
    }
}

TEST_F(RtspOutputTest, ABusyPathAndAnEndInsteadOfAnAnswerAreRefusals) {
    peer.busy = true;
    start(test::av_tracks());
    ASSERT_TRUE(wait_end());
    EXPECT_TRUE(end->refused);
    EXPECT_EQ(end->reason, "RECORD: Bad Request");
    peer.busy = peer.accepting = peer.asked = false;
    end.reset();
    output.reset();
    start(test::av_tracks());
    ASSERT_TRUE(loop.run_until([&] { return peer.asked; }));
    peer.drop();
    ASSERT_TRUE(wait_end());
    EXPECT_TRUE(end->refused);
    EXPECT_THAT(end->reason, HasSubstr("instead of an answer: "));
}

TEST_F(RtspOutputTest, ALostConnectionIsNoRefusal) {
    start(test::av_tracks());
    ASSERT_TRUE(wait_accepted());
    peer.drop();
    ASSERT_TRUE(wait_end());
    EXPECT_FALSE(end->refused);
    output->on_unit(unit(0, milliseconds{0}, 1));  // of use to nobody, and harmless
}

TEST_F(RtspOutputTest, NewParametersOfPicturesAreSentInBand) {
    start(test::av_tracks());
    ASSERT_TRUE(wait_accepted());
    ASSERT_TRUE(begin(2));
    auto tracks = test::av_tracks();
    tracks[0].config = media::test::h264_main_360p();
    output->on_tracks(tracks);
    output->on_unit(unit(0, milliseconds{33}, 1));
    ASSERT_TRUE(loop.run_until([&] { return peer.received.size() == 3; }));
    EXPECT_EQ(peer.track(0).config, tracks[0].config);
    EXPECT_FALSE(end);
}

// A new connection can announce them.
TEST_F(RtspOutputTest, NewParametersOfSoundEndTheConnection) {
    start(test::av_tracks());
    ASSERT_TRUE(wait_accepted());
    auto tracks = test::av_tracks();
    tracks[1].config = media::AacConfig{{0x11, 0x90}, 48000, 2};
    output->on_tracks(tracks);
    ASSERT_TRUE(wait_end());
    EXPECT_FALSE(end->refused);
    EXPECT_THAT(end->reason, HasSubstr("tracks have changed"));
}

}  // namespace
}  // namespace tidegate::endpoint
