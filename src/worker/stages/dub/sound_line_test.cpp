#include "worker/stages/dub/sound_line.hpp"

#include <gtest/gtest.h>

#include "worker/stages/dub/test_stream.hpp"

namespace tidegate::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::kDubVoice;
using test::kVoice;

constexpr base::Timestamp kOrigin = milliseconds(100);
constexpr seconds kLineDelay{4};

LineSettings line_settings(media::AudioFormat format = {test::kRate, 2}) {
    LineSettings settings{format, kOrigin, {1}, {}};
    settings.dub.delay = kLineDelay;
    settings.dub.min_fragment = milliseconds(600);
    settings.dub.max_fragment = milliseconds(1500);
    return settings;
}

class SoundLineTest : public testing::Test {
protected:
    explicit SoundLineTest() { line.line(0).set_sending(std::nullopt); }

    void take(std::vector<media::Unit> const& units) {
        for (auto const& unit : units) line.take(unit.payload.view(), unit.pts);
        collect();
    }
    void collect() {
        auto taken = line.take_made();
        std::ranges::move(taken.cuts, std::back_inserter(made.cuts));
        std::ranges::move(taken.units, std::back_inserter(made.units));
        std::ranges::move(taken.settled, std::back_inserter(made.settled));
        made.damaged = std::max(made.damaged, taken.damaged);
        made.complete = made.complete || taken.complete;
    }
    // All that the source has sent goes out.
    test::Heard play(media::AudioFormat format = {test::kRate, 2}) {
        line.end_source();
        collect();
        line.finish();
        collect();
        EXPECT_TRUE(made.complete);
        return test::hear(made.units, format);
    }
    static base::Timestamp out(milliseconds source) { return kOrigin + kLineDelay + source; }
    // A sentence begins there, within 2 ms: the resampler and the codec make no edge sharper.
    static void expect_sentence(test::Heard const& heard, base::Timestamp at) {
        auto const rate = heard.pcm.format.sample_rate;
        auto const from = heard.frame_at(at);
        auto const first = codec::test::first_louder(heard.pcm, 0.1F, from - rate / 10);
        EXPECT_NEAR(double(first), double(from), rate * 0.002) << at;
    }

    SoundLine line{line_settings()};
    Made made;
};

TEST_F(SoundLineTest, WithoutAServiceTheOriginalIsHeardInItsPlace) {
    line.set_track(test::aac_track());
    take(test::units_of(test::speech(6), kOrigin));  // the last pause is not whole: AAC delays
    auto const heard = play();
    EXPECT_EQ(heard.from, kOrigin) << "from the beginning, with silence in place of the delay";
    EXPECT_LE(heard.largest_step, base::Timestamp{1});
    EXPECT_GE(codec::test::first_louder(heard.pcm, 0.01F), heard.frame_at(out(milliseconds(130))));
    for (int i = 0; i < 5; ++i) {
        auto const at = milliseconds(1000 * i);
        expect_sentence(heard, out(at + test::kSentence));
        EXPECT_TRUE(test::is_tone(heard, kVoice, out(at + milliseconds(200)), milliseconds(600)));
        EXPECT_LT(codec::test::rms(
                      heard.pcm.frames(heard.frame_at(out(at + milliseconds(880))), 48 * 100)),
                  0.01);
    }
}

TEST_F(SoundLineTest, ADubIsHeardInThePlaceOfItsFragmentAndNowhereElse) {
    line.set_track(test::aac_track());
    take(test::units_of(test::speech(6), kOrigin));
    ASSERT_GE(made.cuts.size(), 3U);
    auto const cuts = made.cuts;
    ASSERT_TRUE(cuts[1].sound);
    auto const length = cuts[1].sound->duration;
    line.line(0).answer(cuts[1].number, test::dub_of(length));
    auto const heard = play();
    EXPECT_LE(heard.largest_step, base::Timestamp{1});
    auto const from = cuts[1].at + kLineDelay;
    auto const until = cuts[2].at + kLineDelay;
    EXPECT_TRUE(
        test::is_tone(heard, kDubVoice, from + milliseconds(25), length - milliseconds(60)));
    EXPECT_FALSE(test::is_tone(heard, kDubVoice, from - milliseconds(30), milliseconds(25)));
    EXPECT_FALSE(test::is_tone(heard, kDubVoice, until + milliseconds(25), milliseconds(30)));
    ASSERT_GE(made.settled.size(), 3U);
    for (auto const& settled : made.settled) {
        EXPECT_EQ(settled.fallback.has_value(), settled.number != cuts[1].number);
    }
}

TEST_F(SoundLineTest, ADubMayEndWhereTheSpeakerPauses) {
    line.set_track(test::aac_track());
    auto pcm = codec::test::silence(test::kRate * 2);
    codec::test::add_tone(pcm, kVoice, 0.3F, 0, test::kRate / 5);
    codec::test::add_tone(pcm, kVoice, 0.3F, test::kRate, test::kRate);
    take(test::units_of(pcm, kOrigin));
    ASSERT_FALSE(made.cuts.empty());
    EXPECT_GE(made.cuts[0].sound->duration, milliseconds(600));
    line.line(0).answer(made.cuts[0].number, test::dub_of(milliseconds(270)));
    auto const heard = play();
    ASSERT_FALSE(made.settled.empty());
    EXPECT_EQ(made.settled[0].fallback, std::nullopt);
    EXPECT_TRUE(test::is_tone(heard, kDubVoice, out(milliseconds(30)), milliseconds(200)));
}

TEST_F(SoundLineTest, NoDubIsEarlyAndOneThatIsLateIsNotHeard) {
    line.set_track(test::aac_track());
    take(test::units_of(test::speech(4), kOrigin));
    ASSERT_FALSE(made.cuts.empty());
    line.advance(made.cuts[0].at + milliseconds(100));
    line.line(0).answer(made.cuts[0].number, test::dub_of(made.cuts[0].sound->duration));
    auto const heard = play();
    EXPECT_TRUE(test::is_tone(heard, kVoice, out(milliseconds(200)), milliseconds(600)));
    ASSERT_FALSE(made.settled.empty());
    EXPECT_EQ(made.settled[0].fallback, dub::Fallback::late);
}

TEST_F(SoundLineTest, AnswersThatAreNoSoundCostTheirFragmentOnly) {
    line.set_track(test::aac_track());
    take(test::units_of(test::speech(6), kOrigin));
    ASSERT_GE(made.cuts.size(), 5U);
    auto const length = made.cuts[0].sound->duration;
    auto answer = [&](std::size_t cut, auto change) {
        auto dub = test::dub_of(length);
        change(dub.audio);
        line.line(0).answer(made.cuts[cut].number, std::move(dub));
    };
    answer(0, [](auto& audio) { audio.base64 = "no base 64"; });
    answer(1, [](auto& audio) { audio.format = "m4a"; });
    answer(2, [](auto& audio) { audio.channels = 257; });
    answer(3, [](auto& audio) { audio.base64.clear(); });
    line.line(0).answer(made.cuts[4].number, test::dub_of(3 * length));
    line.line(0).answer(12345, test::dub_of(length));
    line.end_source();
    collect();
    line.finish();
    collect();
    std::vector<dub::Fallback> reasons;
    for (auto const& settled : made.settled) {
        ASSERT_TRUE(settled.fallback);
        if (*settled.fallback != dub::Fallback::silent) reasons.push_back(*settled.fallback);
    }
    ASSERT_GE(reasons.size(), 5U);
    EXPECT_EQ(reasons[0], dub::Fallback::undecodable);
    EXPECT_EQ(reasons[1], dub::Fallback::undecodable);
    EXPECT_EQ(reasons[2], dub::Fallback::wrong_format);
    EXPECT_EQ(reasons[3], dub::Fallback::empty);
    EXPECT_EQ(reasons[4], dub::Fallback::too_long);
}

TEST_F(SoundLineTest, AFragmentThatComesBackAsItWentIsHeardInItsPlace) {
    line.set_track(test::aac_track());
    take(test::units_of(test::speech(5), kOrigin));
    ASSERT_GE(made.cuts.size(), 2U);
    auto const answered = std::ptrdiff_t(made.cuts.size());
    for (auto const& cut : made.cuts) {
        sts::Dub dub;
        dub.audio = *cut.sound;
        EXPECT_EQ(dub.audio.format, sts::kFormatAac);
        line.line(0).answer(cut.number, std::move(dub));
    }
    auto const heard = play();
    EXPECT_EQ(std::ranges::count_if(made.settled, [](auto& s) { return !s.fallback; }), answered);
    for (int i = 0; i < 4; ++i) {
        expect_sentence(heard, out(milliseconds(1000 * i) + test::kSentence));
    }
}

// The sound in the units as they came, without their headers.
std::vector<base::Bytes> units_in(Cut const& cut) {
    std::vector<base::Bytes> units;
    auto const bytes = *sts::decode_sound(*cut.sound);
    base::ByteView left = bytes;
    while (auto const frame = media::parse_adts_frame(left)) {
        auto const unit = left.first(frame->size).subspan(7);
        units.emplace_back(unit.begin(), unit.end());
        left = left.subspan(frame->size);
    }
    EXPECT_TRUE(left.empty());
    return units;
}

TEST_F(SoundLineTest, AFragmentIsSentInTheUnitsInWhichItCame) {
    line.set_track(test::aac_track());
    auto const sent = test::units_of(test::speech(5), kOrigin);
    take(sent);
    ASSERT_GE(made.cuts.size(), 4U);
    for (std::size_t i = 1; i < made.cuts.size(); ++i) {  // before the first unit there is none
        auto const first = std::ranges::find_if(sent, [&](media::Unit const& unit) {
            return std::chrono::abs(unit.pts - made.cuts[i].at) < milliseconds(1);
        });
        ASSERT_NE(first, sent.end()) << "a fragment begins with a unit";
        ASSERT_NE(first, sent.begin());
        auto const units = units_in(made.cuts[i]);
        EXPECT_EQ((units.size() - 1) * codec::kAacFrames * 1000 / test::kRate,
                  std::size_t(made.cuts[i].sound->duration.count()));
        for (std::size_t k = 0; k < units.size(); ++k) {
            ASSERT_TRUE(
                std::ranges::equal(units[k], (first + std::ptrdiff_t(k) - 1)->payload.view()))
                << i << " " << k;
        }
    }
}

// What comes back is the source's sound to the sample, so nothing is heard of the change.
TEST_F(SoundLineTest, AFragmentThatComesBackAsItWentIsTheOriginal) {
    auto const units = test::units_of(test::speech(5), kOrigin);
    auto const heard_if = [&](bool answered) {
        SoundLine one{line_settings()};
        one.line(0).set_sending(std::nullopt);
        one.set_track(test::aac_track());
        for (auto const& unit : units) one.take(unit.payload.view(), unit.pts);
        auto made_units = one.take_made();
        for (auto& cut : made_units.cuts) {
            sts::Dub dub;
            dub.audio = std::move(*cut.sound);
            if (answered) one.line(0).answer(cut.number, std::move(dub));
        }
        one.end_source();
        one.finish();
        return test::hear(one.take_made().units);
    };
    auto const original = heard_if(false), dubbed = heard_if(true);
    ASSERT_EQ(original.pcm.frames(), dubbed.pcm.frames());
    auto difference = original.pcm;
    for (std::size_t i = 0; i < difference.samples.size(); ++i) {
        difference.samples[i] -= dubbed.pcm.samples[i];
    }
    auto const from = original.frame_at(out(milliseconds(1200)));
    EXPECT_GT(codec::test::rms(original.pcm.frames(from, test::kRate * 3)), 0.1);
    EXPECT_LT(codec::test::rms(difference.frames(from, test::kRate * 3)), 0.004);
}

TEST_F(SoundLineTest, WhatFillsUpTheLastFrameOfADubIsNotStretchedAway) {
    line.set_track(test::aac_track());
    take(test::units_of(test::speech(5), kOrigin));
    ASSERT_GE(made.cuts.size(), 3U);
    for (auto const more : {std::size_t{1}, std::size_t{2}}) {
        auto const& cut = made.cuts[more];
        auto const units = units_in(cut).size() - 1;
        auto pcm = codec::test::silence((units + more) * codec::kAacFrames);
        codec::test::add_tone(pcm, kDubVoice, 0.3F, 0, pcm.frames());
        sts::Dub dub;
        dub.audio = *cut.sound;
        dub.audio.base64 = sts::encode_sound(*codec::to_adts(pcm));
        line.line(0).answer(cut.number, std::move(dub));
    }
    play();
    ASSERT_GE(made.settled.size(), 3U);
    EXPECT_EQ(made.settled[1].stretch, 1);
    EXPECT_LT(made.settled[2].stretch, 1) << "two frames are more than that";
}

TEST_F(SoundLineTest, WhatIsDamagedOrHasAGapIsEncodedForTheService) {
    line.set_track(test::aac_track());
    auto units = test::units_of(test::speech(6), kOrigin);
    units.erase(units.begin() + 60, units.begin() + 64);
    units[190].payload = units[190].payload.slice(0, units[190].payload.size() / 2);
    take(units);
    auto const is_sent = [&](Cut const& cut) {
        return std::ranges::all_of(units_in(cut), [&](base::Bytes const& unit) {
            return std::ranges::any_of(units, [&](media::Unit const& one) {
                return std::ranges::equal(one.payload.view(), unit);
            });
        });
    };
    ASSERT_GE(made.cuts.size(), 5U);
    EXPECT_FALSE(is_sent(made.cuts.front()));
    EXPECT_GE(std::ranges::count_if(made.cuts, is_sent), 2);
    EXPECT_GE(std::ranges::count_if(made.cuts, std::not_fn(is_sent)), 3);
    for (auto const& cut : made.cuts) EXPECT_TRUE(codec::from_adts(*sts::decode_sound(*cut.sound)));
}

TEST_F(SoundLineTest, WithoutSendingNothingIsEncodedForTheService) {
    line.line(0).set_sending(dub::Fallback::paused);
    line.set_track(test::aac_track());
    take(test::units_of(test::speech(4), kOrigin));
    ASSERT_FALSE(made.cuts.empty());
    for (auto const& cut : made.cuts) EXPECT_FALSE(cut.sound);
    play();
    for (auto const& settled : made.settled) EXPECT_EQ(settled.fallback, dub::Fallback::paused);
}

TEST_F(SoundLineTest, AGapOfTheSourceIsAGapOfTheOutputAndNothingMoves) {
    line.set_track(test::aac_track());
    take(test::units_of(test::speech(2), kOrigin));
    take(test::units_of(test::speech(2), kOrigin + seconds(5)));
    auto const heard = play();
    EXPECT_LE(heard.largest_step, base::Timestamp{1});
    auto const gap = heard.frame_at(out(milliseconds(2100)));
    EXPECT_LT(codec::test::rms(heard.pcm.frames(gap, 48 * 2800)), 0.001);
    expect_sentence(heard, out(milliseconds(5000) + test::kSentence));
}

TEST_F(SoundLineTest, SoundThatStartsLateIsInItsPlace) {
    line.set_track(test::aac_track());
    take(test::units_of(test::speech(3), kOrigin + milliseconds(2500)));
    auto const heard = play();
    EXPECT_EQ(heard.from, kOrigin);
    expect_sentence(heard, out(milliseconds(2500) + test::kSentence));
}

TEST_F(SoundLineTest, AnotherRateAndOtherChannelsInMidStream) {
    line.set_track(test::aac_track());
    take(test::units_of(test::speech(2), kOrigin));
    line.set_track(test::aac_track(44100, 1));
    auto const next = kOrigin + base::from_ticks(93 * 1024, test::kRate);
    take(test::units_of(test::speech(3, {44100, 1}), next));
    auto const heard = play();
    EXPECT_LE(heard.largest_step, base::Timestamp{1});
    for (int i = 0; i < 3; ++i) {
        auto const at = next + kLineDelay + milliseconds(1000 * i);
        expect_sentence(heard, at + test::kSentence);
        EXPECT_TRUE(test::is_tone(heard, kVoice, at + milliseconds(200), milliseconds(600)));
    }
}

// +-200 ppm; the timestamps are whole milliseconds, as over RTMP.
TEST_F(SoundLineTest, ASampleClockThatDriftsIsFollowed) {
    constexpr media::AudioFormat kSmall{16000, 1};
    auto const units = test::units_of(test::speech(40, kSmall), kOrigin);
    for (double const clock : {1 + 200e-6, 1 - 200e-6}) {
        auto const stamped = [&](base::Timestamp since) {
            return milliseconds(std::llround(double(since.count()) * clock / 1e6));
        };
        SoundLine drifting{line_settings(kSmall)};
        drifting.set_track(test::aac_track(16000, 1));
        for (auto const& unit : units) {
            auto const at = kOrigin + stamped(unit.pts - kOrigin);
            drifting.take(unit.payload.view(), at);
            drifting.advance(at - kLineDelay);
        }
        drifting.end_source();
        drifting.finish();
        auto const heard = test::hear(drifting.take_made().units, kSmall);
        EXPECT_LE(heard.largest_step, base::Timestamp{1});
        for (int i = 10; i < 39; ++i) {
            auto const at = out(stamped(seconds(i) + test::kSentence));
            auto const from = heard.frame_at(at);
            auto const first = codec::test::first_louder(heard.pcm, 0.1F, from - 1600);
            EXPECT_NEAR(double(first), double(from), 80) << clock << ", second " << i;
        }
    }
}

TEST_F(SoundLineTest, DamagedUnitsAndNoDescriptionAtAllAreSurvived) {
    auto units = test::units_of(test::speech(3), kOrigin);
    take(units);
    EXPECT_EQ(made.damaged, units.size()) << "no description yet";
    line.set_track(test::aac_track());
    for (std::size_t i = 0; i < units.size(); i += 10) {
        units[i].payload = units[i].payload.slice(0, units[i].payload.size() / 2);
    }
    take(units);
    EXPECT_GT(made.damaged, units.size());
    auto const heard = play();
    EXPECT_LE(heard.largest_step, base::Timestamp{1});
}

TEST_F(SoundLineTest, MemoryIsBounded) {
    line.set_track(test::aac_track());
    auto const unit = test::units_of(test::speech(1), kOrigin).front();
    for (int i = 0; i < 20'000; ++i) {
        line.take(unit.payload.view(), kOrigin + i * base::from_ticks(1024, test::kRate));
    }
    EXPECT_LT(line.memory(), std::size_t{16} << 20);
}

}  // namespace
}  // namespace tidegate::worker
