#include "router/hls/live_fragments.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "mp4/test_bytes.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;

media::Track picture_track() {
    return {media::test::h264_main_360p()};
}
media::Track sound_track() {
    return {media::test::aac_stereo_44100()};
}

media::Unit live_unit(std::uint16_t track, base::Timestamp dts, bool keyframe,
                      base::Timestamp shown_after = {}) {
    auto const mark = static_cast<std::uint8_t>(dts.count() / 1'000'000);
    return {
        .track = track,
        .keyframe = keyframe,
        .pts = dts + shown_after,
        .dts = dts,
        .payload = base::SharedBytes::copy_of(base::Bytes{static_cast<std::uint8_t>(track), mark})};
}

// What a viewer gets who begins with the fragment `first`.
struct LiveMovie {
    explicit LiveMovie(media::Tracks const& tracks) : maker(*LiveFragments::begin(tracks)) {}

    void push(media::Unit const& unit) {
        if (auto fragment = maker.push(unit)) fragments.push_back(*std::move(fragment));
    }
    mp4::test::ReadFile read(std::size_t first = 0) const {
        base::Bytes bytes(maker.init().view().begin(), maker.init().view().end());
        for (auto i = first; i < fragments.size(); ++i) {
            auto const view = fragments[i].bytes.view();
            bytes.insert(bytes.end(), view.begin(), view.end());
        }
        auto read = mp4::test::read_file(bytes);
        EXPECT_EQ(read.error, "");
        EXPECT_FALSE(read.broken_fragment);
        return read;
    }
    // "dts+offset/duration" in ms, with a k for a keyframe.
    std::string samples(std::size_t track, std::size_t first = 0) const {
        auto const movie = read(first);
        auto const per_ms = static_cast<double>(movie.movie->tracks[track].timescale) / 1000;
        std::string text;
        for (auto const& [which, sample] : movie.samples) {
            if (which != track) continue;
            auto const ms = [&](std::int64_t ticks) {
                return std::to_string(std::lround(static_cast<double>(ticks) / per_ms));
            };
            text += ms(sample.dts) + "+" + ms(sample.pts - sample.dts) + "/" + ms(sample.duration) +
                    (sample.sync ? "k " : " ");
        }
        return text;
    }
    std::string keyframes() const {
        std::string text;
        for (auto const& fragment : fragments) text += fragment.keyframe ? 'k' : '-';
        return text;
    }
    LiveFragments maker;
    std::vector<LiveFragment> fragments;
};

TEST(LiveFragments, TwoPicturesAndTheirSoundMakeAFragmentAndAKeyframeBeginsOne) {
    LiveMovie movie({picture_track(), sound_track()});
    for (auto const at : {0ms, 40ms, 80ms, 120ms, 160ms, 200ms}) {
        movie.push(live_unit(0, at, at == 0ms || at == 120ms));
        movie.push(live_unit(1, at, true));
        movie.push(live_unit(1, at + 20ms, true));
    }
    EXPECT_EQ(movie.keyframes(), "k-k");
    EXPECT_EQ(movie.samples(0), "0+0/40k 40+0/40 80+0/40 120+0/40k 160+0/40 ");
    EXPECT_EQ(movie.samples(0, 2), "120+0/40k 160+0/40 ") << "a viewer may begin with any keyframe";
    EXPECT_EQ(movie.samples(1, 2), "100+0/20k 120+0/20k 140+0/20k 160+0/20k ");
    EXPECT_EQ(movie.maker.codecs(), "avc1.4d401e,mp4a.40.2");
}

TEST(LiveFragments, PicturesThatAreShownInAnotherOrderKeepTheirTimes) {
    LiveMovie movie({picture_track()});
    movie.push(live_unit(0, 0ms, true, 40ms));
    movie.push(live_unit(0, 40ms, false, 120ms));
    movie.push(live_unit(0, 80ms, false, 0ms));
    movie.push(live_unit(0, 120ms, false, 0ms));
    movie.push(live_unit(0, 160ms, false, 120ms));
    EXPECT_EQ(movie.keyframes(), "k-");
    EXPECT_EQ(movie.samples(0), "0+40/40k 40+120/40 80+0/40 120+0/40 ");
}

TEST(LiveFragments, AStreamWithoutPicturesIsCutByTime) {
    LiveMovie movie({sound_track()});
    for (int i = 0; i <= 12; ++i) movie.push(live_unit(0, i * 20ms, true));
    EXPECT_EQ(movie.keyframes(), "kk") << "a viewer may begin with any";
    EXPECT_EQ(movie.samples(0, 1), "100+0/20k 120+0/20k 140+0/20k 160+0/20k 180+0/20k ");
    EXPECT_EQ(movie.maker.codecs(), "mp4a.40.2");
}

TEST(LiveFragments, SoundDoesNotWaitForAPictureThatDoesNotCome) {
    LiveMovie movie({picture_track(), sound_track()});
    movie.push(live_unit(0, 0ms, true));
    for (int i = 0; i <= 6; ++i) movie.push(live_unit(1, i * 20ms, true));
    ASSERT_EQ(movie.keyframes(), "-") << "the picture's duration is not known";
    movie.push(live_unit(0, 1000ms, false));
    EXPECT_EQ(movie.keyframes(), "-k");
    EXPECT_EQ(movie.samples(0), "0+0/1000k ");
    EXPECT_EQ(movie.samples(1), "0+0/20k 20+0/20k 40+0/20k 60+0/20k 80+0/20k 100+0/20k ");
}

TEST(LiveFragments, AStreamThatBeginsBeforeItsZeroIsMovedToIt) {
    LiveMovie movie({picture_track()});
    movie.push(live_unit(0, -80ms, true, 80ms));
    movie.push(live_unit(0, -40ms, false, 80ms));
    movie.push(live_unit(0, 0ms, false, 80ms));
    EXPECT_EQ(movie.samples(0), "0+80/40k 40+80/40 ");
}

TEST(LiveFragments, TimesThatStandStillOrGoBackMakeNoNegativeDurations) {
    LiveMovie movie({picture_track()});
    for (auto const at : {0ms, 40ms, 40ms, 20ms, 80ms}) movie.push(live_unit(0, at, at == 0ms));
    EXPECT_EQ(movie.samples(0), "0+0/40k 40+0/0 40+0/0 40+-20/40 ");
}

TEST(LiveFragments, TheLastUnitsAreInTheLastFragment) {
    LiveMovie movie({picture_track(), sound_track()});
    EXPECT_FALSE(movie.maker.finish());
    movie.push(live_unit(0, 0ms, true));
    movie.push(live_unit(1, 0ms, true));
    movie.push(live_unit(0, 40ms, false));
    auto last = movie.maker.finish();
    ASSERT_TRUE(last);
    movie.fragments.push_back(*std::move(last));
    EXPECT_EQ(movie.samples(0), "0+0/40k 40+0/40 ");
    EXPECT_EQ(movie.samples(1), "0+0/0k ");
}

TEST(LiveFragments, ATrackThatMp4CannotDescribeIsAnError) {
    auto const refused = LiveFragments::begin({{media::H264Config{}}});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().message, "H264 track has no parameter sets");
}

}  // namespace
}  // namespace tidegate::router
