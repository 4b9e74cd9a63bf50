#include "router/rtsp/reader.hpp"

#include <gtest/gtest.h>

#include <array>

#include "router/paths/test_player.hpp"

namespace tidegate::router {
namespace {

constexpr KeyframePatience::Clock::duration kNone{};

FanoutItem item(std::uint16_t track, std::string const& bytes) {
    FanoutItem item;
    item.unit.track = track;
    item.video = track == 0;
    item.rtp.packets = 1;
    item.rtp.bytes = static_cast<std::uint32_t>(bytes.size());
    item.as(WireForm::interleaved_rtp) =
        base::SharedBytes::copy_of(base::Bytes(bytes.begin(), bytes.end()));
    return item;
}

FanoutItem keyframe(std::string const& bytes) {
    auto picture = item(0, bytes);
    picture.unit.keyframe = true;
    return picture;
}

struct RtspReaderTest : PlayerTest {
    RtspReaderTest() { reader.play(kBoth); }
    RtspReader::Session session(KeyframePatience patience = KeyframePatience()) {
        return {record, writes, 0, [] {}, [] {}, patience};
    }
    static RtspSessionInfo named(std::string id) {
        RtspSessionInfo info;
        info.id = std::move(id);
        return info;
    }
    static constexpr std::array<rtsp::SetUpTrack, 2> kBoth = {{{0, 0}, {1, 2}}};
    std::shared_ptr<RtspSessionRecord> record =
        std::make_shared<RtspSessionRecord>(named("a"), [](auto const&) {});
    RtspReader reader{session(), seat({"rtspSession", "a"}, WireForm::interleaved_rtp)};
};

TEST_F(RtspReaderTest, SoundComesAtOnceAndPicturesWithTheNextKeyframe) {
    read_on();
    EXPECT_TRUE(reader.offer(item(1, "sound")));
    EXPECT_FALSE(reader.offer(item(0, "picture")));
    EXPECT_TRUE(reader.offer(keyframe("key")));
    EXPECT_TRUE(reader.offer(item(0, "picture")));
}

TEST_F(RtspReaderTest, LosesPicturesUpToTheNextKeyframe) {
    EXPECT_FALSE(reader.offer(keyframe("no room")));
    read_on();
    EXPECT_FALSE(reader.offer(item(0, "refers to what is lost")));
    EXPECT_TRUE(reader.offer(keyframe("key")));
}

TEST_F(RtspReaderTest, GoesOnWithoutAKeyframeWhenOneHasBeenWaitedFor) {
    RtspReader impatient{session(KeyframePatience(kNone)),
                         seat({"rtspSession", "b"}, WireForm::interleaved_rtp)};
    impatient.play(kBoth);
    EXPECT_FALSE(impatient.offer(keyframe("no room")));
    EXPECT_FALSE(impatient.offer(item(0, "no room")));
    read_on();
    EXPECT_TRUE(impatient.offer(item(0, "picture")));
    EXPECT_TRUE(impatient.offer(item(0, "another")));
}

}  // namespace
}  // namespace tidegate::router
