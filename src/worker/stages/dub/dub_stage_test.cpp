// The stage with its helper thread and a service that the test plays.
#include "worker/stages/dub/dub_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <thread>

#include "endpoint/test_peers.hpp"
#include "worker/stages/dub/test_stream.hpp"

namespace tidegate::worker {

namespace test {
using namespace endpoint::test;
}

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::kDubVoice;
using test::kVoice;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr milliseconds kStageDelay{2000};
// A busy machine may need many seconds for the first answer.
constexpr milliseconds kLongDelay{15'000};

class FakeService final : public SpeechService {
public:
    explicit FakeService(sts::ClientSettings settings, sts::ClientHandler& to)
        : config(settings.stream), handler(to) {}

    bool can_send() const override { return up; }
    void send(sts::Fragment fragment) override { sent.push_back(std::move(fragment)); }
    void end() override { ended = true; }
    sts::ClientState state() const override {
        return up ? sts::ClientState::ready : sts::ClientState::waiting;
    }
    std::string reason() const override { return up ? "" : "connection refused"; }
    std::size_t in_flight() const override { return sent.size() - answered; }
    sts::Breaker::State breaker() const override { return {}; }
    sts::ClientCounters const& counters() const override { return counters_; }

    void answer_all(double hertz = kDubVoice) {
        for (; answered < sent.size(); ++answered) {
            handler.on_result(sent[answered].id,
                              test::dub_of(sent[answered].audio.duration, 22050, 1, hertz));
        }
    }

    sts::StreamConfig const config;
    sts::ClientHandler& handler;
    std::vector<sts::Fragment> sent;
    std::size_t answered = 0;
    bool up = true, ended = false;

private:
    sts::ClientCounters counters_;
};

class Collector final : public UnitSink {
public:
    void on_tracks(media::Tracks const& now) override {
        tracks.push_back(now);
        pictures_before_tracks = pictures.size();
    }
    void on_unit(media::Unit const& unit) override {
        (unit.track == 0 ? pictures : sounds).push_back(unit);
        times.push_back(std::chrono::steady_clock::now());
    }
    void on_caption_languages(std::vector<std::string> const& all) override {
        EXPECT_TRUE(tracks.empty()) << "the output is announced with them";
        languages = all;
    }
    void on_caption(media::Caption const& caption) override {
        captions.push_back(caption);
        auto const out = sounds.empty() ? base::Timestamp{} : sounds.back().dts;
        caption_leads.push_back(caption.start - out);
    }
    void on_end() override { ended = true; }

    std::vector<std::string> languages;
    std::vector<media::Caption> captions;
    std::vector<base::Timestamp> caption_leads;  // how much of the output was still to come
    std::vector<media::Tracks> tracks;
    std::size_t pictures_before_tracks = 0;
    std::vector<media::Unit> pictures, sounds;
    std::vector<SteadyTime> times;
    bool ended = false;
};

class DubStageTest : public testing::Test {
protected:
    std::unique_ptr<DubStage> make(milliseconds delay = kStageDelay,
                                   std::vector<DubTarget> targets = {{"es"}}) {
        DubSettings settings;
        settings.targets = std::move(targets);
        settings.delay = delay;
        settings.min_fragment = milliseconds(600);
        settings.max_fragment = milliseconds(1200);
        return std::make_unique<DubStage>(
            loop.loop, std::make_shared<StageSettings const>(StageSettings{"x", "run", {}}), sink,
            settings, [this](auto&, sts::ClientSettings client, sts::ClientHandler& handler) {
                auto made = std::make_unique<FakeService>(std::move(client), handler);
                service = made.get();
                services.push_back(service);
                return made;
            });
    }
    static media::Tracks tracks() { return {{media::test::h264_720p()}, test::aac_track()}; }

    static media::Tracks dubbed_tracks() {
        auto made = tracks();
        made[1].language = made[1].name = "es";
        return made;
    }

    // Three seconds of pictures and speech, all at once.
    void send_all() {
        loop.loop.begin_read();
        sent_at = std::chrono::steady_clock::now();
        for (int i = 0; i < 90; ++i) {
            auto const unit =
                test::unit(0, milliseconds(100 + 33 * i), std::uint8_t(i), i % 30 == 0);
            pictures.push_back(unit);
            stage->on_unit(unit);
        }
        for (auto const& unit : test::units_of(test::speech(3), milliseconds(100))) {
            originals.push_back(unit);
            stage->on_unit(unit);
        }
    }

    test::Loop loop;
    Collector sink;
    FakeService* service = nullptr;  // the last
    std::vector<FakeService*> services;
    std::vector<media::Unit> pictures, originals;
    SteadyTime sent_at;
    std::unique_ptr<DubStage> stage = make();
};

// Of the sound that send_all() has sent: what the encoder does not hold back.
constexpr milliseconds kLastSound{2900};

bool all_sounds_in(Collector const& sink, milliseconds delay) {
    return !sink.sounds.empty() && sink.sounds.back().dts >= kLastSound + delay;
}

TEST_F(DubStageTest, PicturesGoOutUntouchedLaterByTheDelayAndTheDubWithThem) {
    stage = make(kLongDelay);
    stage->on_tracks(tracks());
    ASSERT_EQ(sink.tracks.size(), 1U) << "at once";
    EXPECT_EQ(sink.tracks[0], dubbed_tracks());
    ASSERT_NE(service, nullptr);
    EXPECT_EQ(service->config.target_language, "es");
    EXPECT_EQ(service->config.sample_rate, test::kRate);
    send_all();
    ASSERT_TRUE(loop.run_until([&] {
        service->answer_all();
        return sink.pictures.size() == pictures.size() && all_sounds_in(sink, kLongDelay);
    }));
    EXPECT_GE(std::chrono::steady_clock::now() - sent_at, kLongDelay - kTogether) << "never early";
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        EXPECT_EQ(sink.pictures[i].dts, pictures[i].dts + kLongDelay);
        EXPECT_EQ(sink.pictures[i].pts, pictures[i].pts + kLongDelay);
        EXPECT_TRUE(
            std::ranges::equal(sink.pictures[i].payload.view(), pictures[i].payload.view()));
    }
    auto const heard = test::hear(sink.sounds);
    EXPECT_EQ(heard.from, milliseconds(100)) << "silence from the beginning";
    EXPECT_LE(heard.largest_step, base::Timestamp{1});
    EXPECT_TRUE(test::is_tone(heard, kDubVoice, milliseconds(200) + kLongDelay, milliseconds(400)));
    ASSERT_EQ(stage->dub_status().size(), 1U);
    auto const* const status = stage->dub_status().front();
    EXPECT_TRUE(status->dubbed);
    EXPECT_GE(status->heard_dubbed, 1U);
    auto const told = stage->take_captions();
    ASSERT_FALSE(told.empty());
    // The same, with its time of the output, ahead of it. The first sentence begins at 250 ms.
    EXPECT_EQ(sink.languages, std::vector<std::string>{"es"});
    ASSERT_GE(sink.captions.size(), told.size());
    EXPECT_EQ(sink.captions[0].language, "es");
    EXPECT_EQ(sink.captions[0].text, "dicho");
    EXPECT_EQ(std::chrono::round<milliseconds>(sink.captions[0].duration), told[0].duration);
    EXPECT_GE(sink.captions[0].start, milliseconds(100) + kLongDelay);
    EXPECT_LE(sink.captions[0].start, milliseconds(250) + kLongDelay);
    EXPECT_TRUE(std::ranges::is_sorted(sink.captions, {}, &media::Caption::start));
    EXPECT_GT(std::ranges::min(sink.caption_leads), base::Timestamp{});
}

// No timer runs in between: one turn of the loop is enough for what comes and for what goes.
TEST_F(DubStageTest, WhatIsDueGoesOutWithTheNextBytesThatComeIn) {
    stage->on_tracks(tracks());
    send_all();
    loop.run_until([&] { return std::chrono::steady_clock::now() > sent_at + kStageDelay / 2; });
    std::this_thread::sleep_until(sent_at + kStageDelay - kTogether / 2);
    loop.loop.begin_read();
    stage->on_unit(test::unit(0, milliseconds(4000), 1));
    EXPECT_EQ(sink.pictures.size(), pictures.size());
    EXPECT_FALSE(sink.sounds.empty());
}

TEST_F(DubStageTest, AServiceThatIsDownOrSilentChangesNothing) {
    stage->on_tracks(tracks());
    send_all();
    ASSERT_TRUE(loop.run_until([&] {
        service->up = service->sent.empty();  // it is gone after the first fragment
        return sink.pictures.size() == pictures.size() && all_sounds_in(sink, kStageDelay);
    }));
    auto const heard = test::hear(sink.sounds);
    EXPECT_LE(heard.largest_step, base::Timestamp{1});
    EXPECT_TRUE(test::is_tone(heard, kVoice, milliseconds(2300), milliseconds(600)));
    EXPECT_FALSE(stage->dub_status().front()->dubbed);
    EXPECT_NE(stage->dub_status().front()->reason, "");
}

TEST_F(DubStageTest, TheEndOfTheSourceIsTheEndOfTheOutputLaterByTheDelay) {
    stage->on_tracks(tracks());
    send_all();
    stage->on_end();
    EXPECT_FALSE(sink.ended);
    ASSERT_TRUE(loop.run_until([&] {
        service->answer_all();
        return sink.ended;
    }));
    EXPECT_TRUE(service->ended);
    EXPECT_EQ(sink.pictures.size(), pictures.size());
    ASSERT_FALSE(sink.sounds.empty());
    EXPECT_GE(sink.sounds.back().dts, milliseconds(100 + 2900) + kStageDelay);
    EXPECT_GE(std::chrono::steady_clock::now() - sent_at, kStageDelay - kTogether);
}

TEST_F(DubStageTest, WithoutSoundThePicturesPassThroughAtOnce) {
    stage->on_tracks({{media::test::h264_720p()}});
    EXPECT_EQ(service, nullptr);
    EXPECT_EQ(stage->delay(), milliseconds(0));
    auto const unit = test::unit(0, milliseconds(100), 1);
    stage->on_unit(unit);
    ASSERT_EQ(sink.pictures.size(), 1U);
    EXPECT_EQ(sink.pictures[0].dts, unit.dts);
    EXPECT_EQ(stage->dub_status().front()->reason, "no-sound");
    stage->on_end();
    EXPECT_TRUE(sink.ended);
}

TEST_F(DubStageTest, AnyCodecOfSoundBecomesAacAndAnUnknownOnePassesThrough) {
    stage->on_tracks({{media::test::h264_720p()}, {media::OpusConfig{2}}});
    EXPECT_EQ(sink.tracks.back()[1], dubbed_tracks()[1]);

    stage = make();
    auto usac = test::aac_track();
    std::get<media::AacConfig>(usac.config).audio_specific_config = {0xf9, 0x48, 0x40};
    stage->on_tracks({{media::test::h264_720p()}, usac});
    EXPECT_EQ(sink.tracks.back()[1], usac);
    EXPECT_EQ(stage->dub_status().front()->reason, "no-sound");
}

TEST_F(DubStageTest, AChangeOfThePicturesDescriptionComesWithItsPictures) {
    stage->on_tracks(tracks());
    send_all();
    auto changed = tracks();
    std::get<media::H264Config>(changed[0].config) = media::H264Config{};
    stage->on_tracks(changed);
    stage->on_unit(test::unit(0, milliseconds(4000), 1));
    ASSERT_TRUE(loop.run_until([&] { return sink.tracks.size() == 2; }));
    EXPECT_EQ(sink.pictures_before_tracks, pictures.size()) << "with the picture that it describes";
    ASSERT_TRUE(loop.run_until([&] { return sink.pictures.size() == pictures.size() + 1; }));
}

TEST_F(DubStageTest, WhatIsKnownWithTheFirstPictureIsToldAtOnce) {
    stage->on_tracks({{media::H264Config{}}, test::aac_track()});
    stage->on_tracks(tracks());
    ASSERT_EQ(sink.tracks.size(), 2U);
    EXPECT_EQ(sink.tracks[1], dubbed_tracks());
}

// Those of a track, in the order in which they went out.
std::vector<media::Unit> of_track(std::vector<media::Unit> const& units, std::uint16_t track) {
    std::vector<media::Unit> found;
    std::ranges::copy_if(units, std::back_inserter(found),
                         [&](media::Unit const& unit) { return unit.track == track; });
    return found;
}

class DubStageLanguagesTest : public DubStageTest {
protected:
    DubStageLanguagesTest() { stage = make(kLongDelay, {{"es", "anna"}, {"pt-BR"}}); }
    // Each track for itself: the original is held, so it can be out before the dubs are made.
    bool all_out() {
        return sink.pictures.size() == pictures.size() &&
               of_track(sink.sounds, 3).size() == originals.size() &&
               std::ranges::all_of(std::array<std::uint16_t, 2>{1, 2}, [&](auto track) {
                   auto const made = of_track(sink.sounds, track);
                   return !made.empty() && made.back().dts >= kLastSound + kLongDelay;
               });
    }
};

TEST_F(DubStageLanguagesTest, EachHasATrackAndTheOriginalIsTheLast) {
    auto sent = tracks();
    sent.insert(sent.begin() + 1, media::Track{media::Av1Config{}});
    stage->on_tracks(sent);
    auto const& told = sink.tracks.back();
    ASSERT_EQ(told.size(), 5U);
    EXPECT_EQ(told[1], sent[1]) << "what is not dubbed keeps its place";
    EXPECT_EQ(told[2].language, "es") << "the first dub takes the place of the sound";
    EXPECT_EQ(told[3].language, "pt-BR");
    EXPECT_EQ(told[4].language, "en");
    EXPECT_EQ(told[4].name, "original");
    EXPECT_EQ(told[4].config, sent[2].config);
    ASSERT_EQ(services.size(), 2U);
    EXPECT_EQ(services[0]->config.target_language, "es");
    EXPECT_EQ(services[0]->config.voice_profile, "anna");
    EXPECT_EQ(services[1]->config.target_language, "pt-BR");
    EXPECT_EQ(services[1]->config.voice_profile, "default");
}

TEST_F(DubStageLanguagesTest, EachIsHeardInItsTrackAndTheOriginalIsUntouched) {
    stage->on_tracks(tracks());
    send_all();
    ASSERT_TRUE(loop.run_until([&] {
        services[0]->answer_all(kDubVoice);
        services[1]->answer_all(2 * kDubVoice);
        return all_out();
    }));
    ASSERT_EQ(services[0]->sent.size(), services[1]->sent.size());
    for (std::size_t i = 0; i < services[0]->sent.size(); ++i) {
        EXPECT_EQ(services[0]->sent[i].audio.base64, services[1]->sent[i].audio.base64);
    }
    auto const at = milliseconds(200) + kLongDelay;
    for (auto const& [track, hertz] :
         {std::pair{std::uint16_t{1}, kDubVoice}, std::pair{std::uint16_t{2}, 2 * kDubVoice}}) {
        auto const heard = test::hear(of_track(sink.sounds, track));
        EXPECT_LE(heard.largest_step, base::Timestamp{1});
        EXPECT_TRUE(test::is_tone(heard, hertz, at, milliseconds(400))) << track;
    }
    auto const untouched = of_track(sink.sounds, 3);
    for (std::size_t i = 0; i < originals.size(); ++i) {
        EXPECT_EQ(untouched[i].pts, originals[i].pts + kLongDelay);
        EXPECT_TRUE(std::ranges::equal(untouched[i].payload.view(), originals[i].payload.view()));
    }
    std::vector<std::string> said;
    for (auto const& caption : stage->take_captions()) said.push_back(caption.language);
    EXPECT_EQ(std::ranges::count(said, "es"), std::ranges::count(said, "pt-BR"));
    EXPECT_FALSE(said.empty());
}

// RTSP announces a sound once: what was announced stays true.
TEST_F(DubStageLanguagesTest, ASourceWhoseRateAndChannelsChangeGoesOnInTheTracksThatWereTold) {
    stage->on_tracks(tracks());
    send_all();
    auto const changed_at = originals.back().pts + base::from_ticks(codec::kAacFrames, test::kRate);
    stage->on_tracks({tracks()[0], test::aac_track(44100, 1)});
    auto const others = test::units_of(test::speech(2, {44100, 1}), changed_at);
    for (auto const& unit : others) stage->on_unit(unit);
    ASSERT_TRUE(loop.run_until([&] {
        for (auto* const one : services) one->answer_all();
        auto const untouched = of_track(sink.sounds, 3);
        return !untouched.empty() && untouched.back().dts >= changed_at + seconds(1) + kLongDelay;
    }));
    EXPECT_EQ(sink.tracks.size(), 1U) << "nothing new is told";
    for (std::uint16_t track = 1; track <= 3; ++track) {
        auto const units = of_track(sink.sounds, track);
        EXPECT_LE(test::hear(units).largest_step, milliseconds(1)) << track;
    }
    auto const original = of_track(sink.sounds, 3);
    for (std::size_t i = 0; i < originals.size(); ++i) {
        EXPECT_TRUE(std::ranges::equal(original[i].payload.view(), originals[i].payload.view()));
    }
    auto const at = changed_at + test::kSentence + milliseconds(50) + kLongDelay;
    EXPECT_TRUE(test::is_tone(test::hear(original), kVoice, at, milliseconds(500)));
}

TEST_F(DubStageLanguagesTest, EachFallsBackByItself) {
    stage->on_tracks(tracks());
    services[1]->up = false;
    send_all();
    ASSERT_TRUE(loop.run_until([&] {
        services[0]->answer_all();
        return all_out();
    }));
    auto const at = milliseconds(300) + kLongDelay;
    EXPECT_TRUE(
        test::is_tone(test::hear(of_track(sink.sounds, 1)), kDubVoice, at, milliseconds(400)));
    EXPECT_TRUE(test::is_tone(test::hear(of_track(sink.sounds, 2)), kVoice, at, milliseconds(400)));
    auto const dubs = stage->dub_status();
    ASSERT_EQ(dubs.size(), 2U);
    EXPECT_TRUE(dubs[0]->dubbed);
    EXPECT_FALSE(dubs[1]->dubbed);
    EXPECT_EQ(dubs[1]->language, "pt-BR");
    EXPECT_EQ(dubs[1]->reason, "service-down");
}

TEST_F(DubStageLanguagesTest, AStreamThatHasNoRoomForMoreTracksIsDubbedIntoTheFirst) {
    auto sent = tracks();
    sent.resize(media::kMaxTracks, test::aac_track());
    stage->on_tracks(sent);
    EXPECT_EQ(sink.tracks.back().size(), media::kMaxTracks);
    EXPECT_EQ(sink.tracks.back()[1].language, "es");
    EXPECT_EQ(services.size(), 1U);
    EXPECT_EQ(stage->dub_status()[1]->reason, "too-many");
}

TEST_F(DubStageTest, WhatWasSaidBeforeTheSourceWasLostIsSentAtOnce) {
    stage = make(milliseconds(60'000));
    stage->on_tracks(tracks());
    loop.loop.begin_read();
    for (auto const& unit : test::units_of(test::speech(1), milliseconds(100))) {
        stage->on_unit(unit);
    }
    ASSERT_TRUE(loop.run_until([&] { return !service->sent.empty(); }, seconds(50)));
}

TEST_F(DubStageTest, MayBeDestroyedAtAnyMoment) {
    stage->on_tracks(tracks());
    send_all();
    loop.run_until([&] { return !service->sent.empty(); });
    stage.reset();
    auto const before = sink.sounds.size();
    for (int i = 0; i < 50; ++i) loop.io.poll();
    EXPECT_EQ(sink.sounds.size(), before);
}

}  // namespace
}  // namespace tidegate::worker
