// Paths that are always available: the stream and its readers stay, whoever publishes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router/paths/publication.hpp"
#include "router/paths/test_paths.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

struct SteadyReader final : Reader {
    bool offer(FanoutItem const& item) override {
        if (item.changed_track) {
            ++changes;
        } else {
            units.push_back(item.unit);
        }
        return true;
    }
    void flush() override {}
    void stream_ended() override { ended = true; }
    std::vector<media::Unit> units;
    int changes = 0;
    bool ended = false;
};

media::Unit picture(base::Timestamp at, bool keyframe = true) {
    std::uint8_t const header = keyframe ? 0x65 : 0x41;
    return {.keyframe = keyframe,
            .pts = at,
            .dts = at,
            .payload = base::SharedBytes::copy_of(base::Bytes{0, 0, 0, 3, header, 0x88, 0x84})};
}

class SteadyPathsTest : public PathsTest {
protected:
    void SetUp() override {
        configure("paths: {cam: {alwaysAvailable: yes, alwaysAvailableTracks: [{codec: H264}]}}");
        stream_ = paths_.live("cam");
        ASSERT_NE(stream_, nullptr);
        stream_->outlet(0)->add(reader_);
    }
    void TearDown() override {
        stream_->outlet(0)->remove(reader_);
        PathsTest::TearDown();
    }
    std::expected<Publication, std::string> begin(std::string const& id,
                                                  media::Tracks with = tracks()) {
        return Publication::begin(paths_, "cam", match("cam"), publisher(id), std::move(with));
    }
    bool wait_units(std::size_t count) {
        return run_until([this, count] { return reader_.units.size() >= count; });
    }
    bool is_own(media::Unit const& unit) { return unit.payload.size() == 7; }

    std::shared_ptr<Stream> stream_;
    SteadyReader reader_;
};

TEST_F(SteadyPathsTest, ArePublishedToWithoutAnEnd) {
    auto const info = *paths_.snapshot("cam");
    EXPECT_TRUE(info.available_since);
    EXPECT_FALSE(info.online_since);
    EXPECT_FALSE(info.source);
    ASSERT_TRUE(wait_units(2)) << "the picture of ours";
    EXPECT_FALSE(is_own(reader_.units[0]));
    {
        auto publication = begin("A");
        ASSERT_TRUE(publication) << publication.error();
        EXPECT_EQ(paths_.snapshot("cam")->source, (PeerId{"rtmpConn", "A"}));
        EXPECT_TRUE(paths_.snapshot("cam")->online_since);
        publication->publish(picture(90'000s, false));
        publication->publish(picture(90'000s + 40ms));
        publication->publish(picture(90'000s + 80ms, false));
        ASSERT_TRUE(run_until([this] { return is_own(reader_.units.back()); }));
    }
    auto const before = reader_.units.size();
    EXPECT_FALSE(paths_.snapshot("cam")->online_since);
    ASSERT_TRUE(wait_units(before + 2));
    EXPECT_FALSE(is_own(reader_.units.back()));
    EXPECT_EQ(std::ranges::count_if(reader_.units, [this](auto& unit) { return is_own(unit); }), 2)
        << "from its key frame on";
    for (std::size_t i = 1; i < reader_.units.size(); ++i) {
        EXPECT_GT(reader_.units[i].dts, reader_.units[i - 1].dts);
        EXPECT_LT(reader_.units[i].dts - reader_.units[i - 1].dts, 20s);
    }
    EXPECT_EQ(reader_.changes, 2) << "to the publisher's parameter sets, and back";
    EXPECT_EQ(paths_.live("cam"), stream_);
    EXPECT_FALSE(reader_.ended);
}

TEST_F(SteadyPathsTest, AnotherPublisherTakesThePlaceAndTheOldOneNoLongerMatters) {
    std::optional<Publication> first = *begin("A");
    auto second = begin("B");
    ASSERT_TRUE(second);
    EXPECT_THAT(closed_, ElementsAre("A: terminated"));
    first->publish(picture(5s));
    EXPECT_FALSE(first->renew(tracks()));
    first.reset();
    EXPECT_EQ(paths_.snapshot("cam")->source, (PeerId{"rtmpConn", "B"}));
    second->publish(picture(7s));
    ASSERT_TRUE(
        run_until([this] { return !reader_.units.empty() && is_own(reader_.units.back()); }));
    EXPECT_EQ(std::ranges::count_if(reader_.units, [this](auto& unit) { return is_own(unit); }), 1);
}

TEST_F(SteadyPathsTest, OtherTracksAreRefusedInMediamtxsWords) {
    auto const refused = begin("A", {{media::OpusConfig{}}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), "wants to publish [Opus], but stream expects [H264]");
    EXPECT_FALSE(paths_.snapshot("cam")->source);
}

TEST_F(SteadyPathsTest, EndWithTheirEntry) {
    auto publication = begin("A");
    configure("paths: {other: }");
    EXPECT_EQ(paths_.live("cam"), nullptr);
    EXPECT_THAT(closed_, ElementsAre("A: terminated"));
    EXPECT_TRUE(run_until([this] { return reader_.ended; }));
    auto const count = reader_.units.size();
    publication->publish(picture(1s));
    io_.restart();
    io_.poll();
    EXPECT_EQ(reader_.units.size(), count);
}

}  // namespace
}  // namespace tidegate::router
