#include "router/stream/reader_watch.hpp"

#include <gtest/gtest.h>

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;

struct WatchFixture {
    PictureWatch watch;
    PictureWatch::Time now{1h};

    // Withholds a picture every 40 ms for so long, looking each time.
    std::optional<PictureWatch::News> withhold(std::chrono::milliseconds length,
                                               int keyframe_each) {
        std::optional<PictureWatch::News> news;
        for (int i = 0; i * 40ms < length; ++i) {
            watch.withheld(keyframe_each != 0 && i % keyframe_each == 0);
            now += 40ms;
            if (auto found = watch.look(now)) {
                EXPECT_FALSE(news) << "it is named once";
                news = std::move(found);
            }
        }
        return news;
    }
};

TEST(SlowReader, ReportsAtMostOncePerSecondWhatWasLost) {
    SlowReader slow;
    SlowReader::Time const start{100s};
    EXPECT_FALSE(slow.report(start));
    slow.discarded(1);
    EXPECT_EQ(slow.report(start), "reader is too slow, discarding 1 frame");
    slow.discarded(2);
    slow.discarded(3);
    EXPECT_FALSE(slow.report(start + 999ms));
    EXPECT_EQ(slow.report(start + 1s), "reader is too slow, discarding 5 frames");
    EXPECT_FALSE(slow.report(start + 5s));
}

TEST(PictureWatch, AReaderThatGetsEverythingIsNeverNamed) {
    PictureWatch watch;
    EXPECT_FALSE(watch.look(PictureWatch::Time{1h}));
    EXPECT_FALSE(watch.look(PictureWatch::Time{2h}));
}

TEST(PictureWatch, WhoWaitsForTheNextKeyFrameIsNotNamed) {
    WatchFixture fixture;
    EXPECT_FALSE(fixture.withhold(kKeyframePatience + 1s, 0));
    fixture.watch.resumed();
    EXPECT_FALSE(fixture.watch.look(fixture.now + 1h));
    EXPECT_FALSE(fixture.withhold(kKeyframePatience + 1s, 0)) << "counted anew";
}

TEST(PictureWatch, AStreamWithoutKeyFramesIsTheReason) {
    WatchFixture fixture;
    auto const news = fixture.withhold(kPictureDue + 5s, 0);
    ASSERT_TRUE(news);
    EXPECT_TRUE(news->missing);
    EXPECT_EQ(news->text,
              "gets no picture: the stream has sent no key frame since the reader joined");
}

TEST(PictureWatch, ASlowReaderIsTheReason) {
    WatchFixture fixture;
    fixture.watch.resumed();
    auto const news = fixture.withhold(kPictureDue + 5s, 50);
    ASSERT_TRUE(news);
    EXPECT_TRUE(news->missing);
    EXPECT_EQ(news->text, "gets no picture: the reader is too slow, 7 key frames were dropped");
}

TEST(PictureWatch, ASlowReaderOfAStreamThatHasNoMoreKeyFrames) {
    WatchFixture fixture;
    fixture.watch.resumed();
    auto const news = fixture.withhold(kPictureDue + 5s, 0);
    ASSERT_TRUE(news);
    EXPECT_EQ(news->text,
              "gets no picture: the stream has sent no key frame since pictures were dropped, for "
              "the reader was too slow");
}

TEST(PictureWatch, ThePictureThatComesIsToldOnceAndThenItBeginsAnew) {
    WatchFixture fixture;
    ASSERT_TRUE(fixture.withhold(kPictureDue + 2s, 50));
    fixture.watch.resumed();
    fixture.watch.withheld(false);  // the one behind it found no room
    auto const news = fixture.watch.look(fixture.now);
    ASSERT_TRUE(news);
    EXPECT_FALSE(news->missing);
    EXPECT_EQ(news->text, "gets pictures again, after 13 s");
    EXPECT_FALSE(fixture.watch.look(fixture.now + 1s));
    EXPECT_TRUE(fixture.withhold(kPictureDue + 2s, 50));
}

TEST(PictureWatch, AStreamThatSendsNoPicturesNamesNobody) {
    WatchFixture fixture;
    EXPECT_FALSE(fixture.withhold(1s, 0));
    EXPECT_FALSE(fixture.watch.look(fixture.now + 1h));
}

TEST(PictureWatch, WhoPausesIsForgotten) {
    WatchFixture fixture;
    ASSERT_TRUE(fixture.withhold(kPictureDue + 2s, 0));
    fixture.watch.forget();
    EXPECT_FALSE(fixture.watch.look(fixture.now)) << "it got no picture";
    EXPECT_FALSE(fixture.withhold(kKeyframePatience, 0));
}

TEST(ReaderWatch, SaysBothAndKeepsWhatIsShown) {
    ReaderWatch watch;
    std::atomic<bool> without_picture{false};
    PictureWatch::Time now{1h};
    std::vector<std::string_view> events;
    auto const look = [&] {
        for (auto const& line : watch.look(now, without_picture)) events.push_back(line.event);
    };
    look();
    for (int second = 0; second < 14; ++second, now += 1s) {
        if (second == 0) watch.slow.discarded(1);
        watch.pictures.withheld(false);
        look();
    }
    EXPECT_TRUE(without_picture);
    watch.pictures.resumed();
    look();
    EXPECT_FALSE(without_picture);
    EXPECT_EQ(events, (std::vector<std::string_view>{"reader.slow", "reader.no_picture",
                                                     "reader.picture"}));
}

}  // namespace
}  // namespace tidegate::router
