#include "router/rtmp/reader.hpp"

#include <gtest/gtest.h>

#include <string>

#include "router/paths/test_player.hpp"

namespace tidegate::router {
namespace {

FanoutItem item(std::uint16_t track, std::string const& bytes) {
    FanoutItem item;
    item.unit.track = track;
    item.video = track == 0;
    item.as(WireForm::rtmp_message) =
        base::SharedBytes::copy_of(base::Bytes(bytes.begin(), bytes.end()));
    return item;
}

FanoutItem header(std::uint16_t track, std::string const& bytes) {
    auto changed = item(track, bytes);
    changed.changed_track = std::make_shared<media::Track const>(sound_and_picture().at(track));
    return changed;
}

FanoutItem keyframe(std::string const& bytes) {
    auto picture = item(0, bytes);
    picture.unit.keyframe = true;
    return picture;
}

struct RtmpReaderTest : PlayerTest {
    static RtmpConnInfo named(std::string id) {
        RtmpConnInfo info;
        info.id = std::move(id);
        return info;
    }
    std::shared_ptr<RtmpConnRecord> record =
        std::make_shared<RtmpConnRecord>(named("a"), [](auto const&) {});
    RtmpReader reader{
        {record, writes, 0, [] {}}, seat({"rtmpConn", "a"}, WireForm::rtmp_message), {0, 1}};
};

// Its pictures wait for a key frame, but no time at all.
struct ImpatientRtmpReader : RtmpReaderTest {
    RtmpReader impatient{{record, writes, 0, [] {}, KeyframePatience(std::chrono::seconds{})},
                         seat({"rtmpConn", "b"}, WireForm::rtmp_message),
                         {0, 1}};
};

TEST_F(RtmpReaderTest, AChangedHeaderThatFoundNoRoomGoesOutBeforeTheNextUnit) {
    EXPECT_FALSE(reader.offer(header(1, "older")));
    EXPECT_FALSE(reader.offer(header(1, "newer")));
    EXPECT_FALSE(reader.offer(item(1, "lost")));
    read_on();
    EXPECT_TRUE(reader.offer(item(1, "sound")));
    EXPECT_TRUE(reader.offer(item(1, "again")));
    reader.flush();
    EXPECT_EQ(rest(), "newersoundagain");
}

TEST_F(RtmpReaderTest, APicturesHeaderGoesOutBeforeTheNextKeyframe) {
    EXPECT_FALSE(reader.offer(header(0, "header")));
    read_on();
    EXPECT_FALSE(reader.offer(item(0, "refers to what is lost")));
    EXPECT_TRUE(reader.offer(item(1, "sound")));
    EXPECT_TRUE(reader.offer(keyframe("key")));
    reader.flush();
    EXPECT_EQ(rest(), "soundheaderkey");
}

TEST_F(RtmpReaderTest, OneThatTakesEverythingInOnePieceGetsTheOwedHeaderFirst) {
    EXPECT_FALSE(reader.offer(header(1, "header")));
    read_on();
    EXPECT_TRUE(reader.offer(keyframe("key")));
    std::vector<FanoutItem> const items{item(1, "sound"), item(0, "picture")};
    FanoutBatch batch(items, 1);
    reader.deliver(batch);
    reader.flush();
    EXPECT_EQ(rest(), "keyheadersoundpicture");
}

TEST_F(RtmpReaderTest, WaitsForAKeyframe) {
    read_on();
    EXPECT_FALSE(reader.offer(item(0, "picture")));
    EXPECT_TRUE(reader.offer(keyframe("key")));
    EXPECT_TRUE(reader.offer(item(0, "picture")));
}

TEST_F(ImpatientRtmpReader, BeginsWithoutAKeyframeWhenOneHasBeenWaitedFor) {
    EXPECT_FALSE(impatient.offer(item(0, "no room")));
    read_on();
    EXPECT_TRUE(impatient.offer(item(0, "picture")));
    EXPECT_TRUE(impatient.offer(item(0, "another")));
    impatient.flush();
    EXPECT_EQ(rest(), "pictureanother");
}

}  // namespace
}  // namespace tidegate::router
