#include "filler/filler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "media/aac.hpp"
#include "media/test_samples.hpp"

namespace tidegate::filler {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

media::Track aac() {
    return {*media::make_aac_lc_config(48'000, 2)};
}

Still picture() {
    return {{media::test::av1_160x120()}, base::SharedBytes::copy_of(base::Bytes{1, 2, 3})};
}

// Two tracks: a picture each 40 ms, of which each fifth is a key frame, and sound of 20 ms.
std::shared_ptr<Slate const> clip() {
    Slate slate;
    slate.tracks = {{media::test::av1_160x120()}, {media::OpusConfig{}}};
    slate.units.resize(2);
    for (int i = 0; i < 25; ++i) {
        media::Unit unit;
        unit.keyframe = i % 5 == 0;
        unit.dts = i * milliseconds{40};
        unit.pts = unit.dts + milliseconds{80};
        slate.units[0].push_back(unit);
    }
    for (int i = 0; i < 50; ++i) {
        media::Unit unit;
        unit.track = 1;
        unit.keyframe = true;
        unit.dts = unit.pts = i * milliseconds{20};
        slate.units[1].push_back(unit);
    }
    slate.duration = seconds{1};
    return std::make_shared<Slate const>(std::move(slate));
}

TEST(Filler, PicturesAndSilenceComeWhenTheyAreDue) {
    Filler filler;
    filler.hold(0, picture(), seconds{10}, milliseconds{80});
    filler.be_silent(1, *media::silence_of(aac()), seconds{10} - milliseconds{15});
    std::vector<media::Unit> units;
    for (auto at = base::Timestamp{seconds{10}}; at <= seconds{12}; at += milliseconds{40}) {
        auto const before = units.size();
        filler.fill(at, units);
        for (auto i = before; i < units.size(); ++i) EXPECT_LE(units[i].dts, at);
    }
    std::vector<media::Unit> pictures, sound;
    for (auto const& unit : units) (unit.track == 0 ? pictures : sound).push_back(unit);
    ASSERT_EQ(pictures.size(), 5U);
    EXPECT_EQ(pictures[4].dts, seconds{12});
    EXPECT_EQ(pictures[4].pts, seconds{12} + milliseconds{80});
    // 2015 ms of sound, of which all that has ended is there: 94 units of 1024/48000 s.
    ASSERT_EQ(sound.size(), 94U);
    EXPECT_EQ(sound[93].dts, seconds{10} - milliseconds{15} + base::from_ticks(93 * 1024, 48'000));
}

TEST(Filler, AClipIsPlayedAgainAndAgainWithItsTracksTogether) {
    Filler filler;
    filler.loop(4, clip(), 0, seconds{5});
    filler.loop(7, clip(), 1, seconds{5});
    std::vector<media::Unit> units;
    filler.fill(seconds{5} + milliseconds{2999}, units);
    std::map<std::uint16_t, std::vector<base::Timestamp>> times;
    for (auto const& unit : units) times[unit.track].push_back(unit.dts);
    ASSERT_EQ(times[4].size(), 75U);
    ASSERT_EQ(times[7].size(), 150U);
    for (std::size_t i = 0; i < 75; ++i) {
        EXPECT_EQ(times[4][i], seconds{5} + static_cast<int>(i) * milliseconds{40});
    }
    EXPECT_EQ(times[7][149], seconds{5} + 149 * milliseconds{20});
}

TEST(Filler, AProcessThatWasStoppedGoesOnFromNow) {
    Filler filler;
    filler.hold(0, picture(), seconds{1}, {});
    filler.be_silent(1, *media::silence_of(aac()), seconds{1});
    filler.loop(2, clip(), 0, seconds{1});
    std::vector<media::Unit> units;
    filler.fill(std::chrono::hours{1}, units);
    EXPECT_LT(units.size(), 600U);
    for (auto const& unit : units) {
        EXPECT_GE(unit.dts, std::chrono::hours{1} - kMostAtOnce - seconds{1});
    }
    EXPECT_GE(units.back().dts, std::chrono::hours{1} - milliseconds{40});
}

// However often and by how much time advances, each track's times rise.
TEST(Filler, TimesAlwaysRise) {
    std::minstd_rand random(7);
    Filler filler;
    filler.hold(0, picture(), {}, {});
    filler.be_silent(1, *media::silence_of(aac()), {});
    filler.loop(2, clip(), 0, {});
    filler.loop(3, clip(), 1, {});
    std::map<std::uint16_t, base::Timestamp> newest;
    base::Timestamp now{};
    for (int i = 0; i < 2000; ++i) {
        now += milliseconds{random() % 20 == 0 ? random() % 20'000 : random() % 100};
        std::vector<media::Unit> units;
        filler.fill(now, units);
        EXPECT_TRUE(std::ranges::is_sorted(units, {}, &media::Unit::dts));
        for (auto const& unit : units) {
            auto const [at, first] = newest.try_emplace(unit.track, unit.dts);
            if (first) continue;
            ASSERT_GT(unit.dts, at->second);
            at->second = unit.dts;
        }
    }
    EXPECT_EQ(newest.size(), 4U);
}

TEST(Filler, OnlyTheTrackThatIsStoppedEnds) {
    Filler filler;
    filler.hold(0, picture(), {}, {});
    filler.be_silent(1, *media::silence_of(aac()), {});
    filler.stop(1);
    EXPECT_TRUE(filler.fills(0));
    EXPECT_FALSE(filler.fills(1));
    std::vector<media::Unit> units;
    filler.fill(seconds{1}, units);
    EXPECT_TRUE(std::ranges::all_of(units, [](auto const& unit) { return unit.track == 0; }));
    filler.stop(0);
    EXPECT_FALSE(filler.active());
}

}  // namespace
}  // namespace tidegate::filler
