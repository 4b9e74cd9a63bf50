#include "router/paths/publication.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router/paths/test_paths.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct KeepingReader final : Reader {
    bool offer(FanoutItem const& item) override {
        items.push_back(item);
        return true;
    }
    void flush() override {}
    void stream_ended() override { ended = true; }
    std::vector<FanoutItem> items;
    bool ended = false;
};

media::Unit unit(base::Timestamp at) {
    return {.keyframe = true,
            .pts = at + 80ms,
            .dts = at,
            .payload = base::SharedBytes::copy_of(base::Bytes{0, 0, 0, 3, 0x65, 0x88, 0x84})};
}

class PublicationTest : public PathsTest {
protected:
    void SetUp() override { configure("paths: {cam: }"); }
    Publication begin(std::string const& id) {
        auto begun = Publication::begin(paths_, "cam", match("cam"), publisher(id), tracks());
        EXPECT_TRUE(begun.has_value()) << begun.error();
        return std::move(*begun);
    }
    // What a reader sees of what `act` publishes.
    std::vector<FanoutItem> read(std::function<void()> const& act) {
        KeepingReader reader;
        auto const stream = paths_.live("cam");
        stream->outlet(0)->add(reader);
        act();
        io_.restart();
        io_.poll();
        stream->outlet(0)->remove(reader);
        return std::move(reader.items);
    }
};

TEST_F(PublicationTest, LastsUntilItsObjectIsDestroyed) {
    {
        auto const first = begin("A");
        EXPECT_EQ(paths_.snapshot("cam")->source, (PeerId{"rtmpConn", "A"}));
        EXPECT_EQ(paths_.live("cam")->tracks()->size(), 1U);
    }
    EXPECT_EQ(paths_.live("cam"), nullptr);
}

TEST_F(PublicationTest, SaysWhyItCannotBegin) {
    configure("paths: {cam: {overridePublisher: no}}");
    auto const first = begin("A");
    auto const second = Publication::begin(paths_, "cam", match("cam"), publisher("B"), tracks());
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error(), "someone is already publishing to path 'cam'");
}

TEST_F(PublicationTest, OneThatWasReplacedEndsWithoutItsSuccessor) {
    auto const second = [&] {
        auto first = begin("A");
        auto begun = begin("B");
        EXPECT_FALSE(first.renew(tracks()));
        return begun;
    }();
    EXPECT_THAT(closed_, ElementsAre("A: terminated"));
    EXPECT_EQ(paths_.snapshot("cam")->source, (PeerId{"rtmpConn", "B"}));
}

TEST_F(PublicationTest, GoesOnWithOtherTracksAndWhatWasSaidOfIt) {
    auto publication = begin("A");
    auto const before = paths_.live("cam");
    rtmp::Metadata said;
    said.width = 1280;
    publication.describe(said);
    auto more = tracks();
    more.push_back({media::AacConfig{{0x12, 0x10}, 44100, 2}});
    EXPECT_TRUE(publication.renew(more));
    auto const after = paths_.live("cam");
    EXPECT_NE(after, before);
    EXPECT_EQ(*after->tracks(), more);
    EXPECT_EQ(after->metadata().width, 1280);
    EXPECT_EQ(read([&] { publication.publish(unit(0ms)); }).size(), 1U);
}

// A publisher of any protocol whose clock jumps: readers see time go on, and the log has
// one line.
TEST_F(PublicationTest, TimestampsThatJumpAreMendedAndNamedOnce) {
    auto publication = begin("A");
    std::vector<FanoutItem> items;
    auto const lines = logged([&] {
        items = read([&] {
            for (auto const at : {0ms, 40ms, 3'600'000ms, 3'600'040ms, 7'200'000ms, 7'200'040ms}) {
                publication.publish(unit(at));
            }
        });
    });
    ASSERT_EQ(items.size(), 6U);
    for (std::size_t i = 1; i < items.size(); ++i) {
        auto const step = items[i].unit.dts - items[i - 1].unit.dts;
        EXPECT_GT(step, 0ms) << i;
        EXPECT_LE(step, 100ms) << i;
        EXPECT_EQ(items[i].unit.pts - items[i].unit.dts, 80ms) << i;
    }
    EXPECT_THAT(
        lines,
        ElementsAre(HasSubstr("[path cam] timestamps of track 0 jumped: shifted by -3599.92")));
}

TEST_F(PublicationTest, AChangeBeforeTheFirstUnitHasTheTimeThatTheCallerKnows) {
    auto publication = begin("A");
    auto const other = [](std::uint8_t level) {
        return media::Track{media::H264Config{{0x67, 0x64, 0, level, 1}, {0x68, 0xcf}}};
    };
    auto const items = read([&] {
        publication.update_track(0, other(0x1f), 500ms);
        publication.publish(unit(1000ms));
        publication.update_track(0, other(0x28), 2000ms);
    });
    ASSERT_EQ(items.size(), 3U);
    EXPECT_EQ(items[0].unit.dts, 500ms);
    EXPECT_EQ(items[2].unit.dts, 1000ms) << "not before what has been published";
}

TEST_F(PublicationTest, OneThatWasMovedFromEndsNothing) {
    auto first = begin("A");
    auto const second = std::move(first);
    {
        auto const gone = std::move(first);
    }
    EXPECT_NE(paths_.live("cam"), nullptr);
    EXPECT_THAT(closed_, IsEmpty());
}

}  // namespace
}  // namespace tidegate::router
