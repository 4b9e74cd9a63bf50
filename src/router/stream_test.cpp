#include "router/stream.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "router/slow_reader.hpp"
#include "router/wall_clock.hpp"
#include "rtp/packet.hpp"
#include "rtp/train.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;

media::Tracks two_tracks() {
    return {{media::H264Config{{0x67, 0x42, 0xc0, 0x1f}, {0x68, 0xce}}},
            {media::AacConfig{{0x11, 0x90}, 48000, 2}}};
}

media::Unit unit(std::uint16_t track, base::Timestamp at, bool keyframe = true) {
    base::Bytes const idr{0, 0, 0, 3, 0x65, 0x88, 0x84};
    return {track, keyframe, at, at, base::SharedBytes::copy_of(idr)};
}

struct KeepingReader final : Reader {
    bool offer(FanoutItem const& item) override {
        items.push_back(item);
        return true;
    }
    void flush() override {}
    void stream_ended() override {}
    std::vector<FanoutItem> items;
};

struct Fixture {
    Fixture() { stream.outlet(0)->add(reader); }
    ~Fixture() { stream.outlet(0)->remove(reader); }
    std::vector<FanoutItem> const& turn() {
        loop.restart();
        loop.poll();
        return reader.items;
    }
    asio::io_context loop{1};
    Stream stream{"live/demo/in", {&loop}, {}, two_tracks()};
    KeepingReader reader;
};

TEST(Stream, SerialisesOnlyForProtocolsThatSomebodyReads) {
    Fixture fixture;
    fixture.stream.publish(unit(0, 0ms));
    ASSERT_TRUE(fixture.stream.add_reader({"rtmpConn", "a"}, Protocol::rtmp, 0));
    fixture.stream.publish(unit(0, 40ms));
    ASSERT_TRUE(fixture.stream.add_reader({"rtspSession", "b"}, Protocol::rtsp, 0));
    fixture.stream.publish(unit(0, 80ms));
    fixture.stream.remove_reader({"rtmpConn", "a"}, Protocol::rtmp);
    fixture.stream.publish(unit(0, 120ms));

    auto const& items = fixture.turn();
    ASSERT_EQ(items.size(), 4U);
    EXPECT_TRUE(items[0].rtmp.empty() && items[0].rtsp.empty());
    EXPECT_TRUE(!items[1].rtmp.empty() && items[1].rtsp.empty());
    EXPECT_TRUE(!items[2].rtmp.empty() && !items[2].rtsp.empty());
    EXPECT_TRUE(items[3].rtmp.empty() && !items[3].rtsp.empty());
    EXPECT_GT(fixture.stream.inbound_bytes(), 0U);
}

TEST(Stream, ShowsWhereItsRtpStands) {
    Fixture fixture;
    EXPECT_FALSE(fixture.stream.rtp_position(0).next_sequence);
    ASSERT_TRUE(fixture.stream.add_reader({"rtspSession", "b"}, Protocol::rtsp, 0));
    fixture.stream.publish(unit(0, 40ms));
    auto const position = fixture.stream.rtp_position(0);
    auto const& item = fixture.turn().at(0);
    auto rest = item.rtsp.view();
    auto const packet = rtp::parse_packet(rtp::next_frame(rest)->payload);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->ssrc, position.ssrc);
    EXPECT_EQ(packet->timestamp, position.last_rtp_time);
    EXPECT_EQ(packet->sequence, item.rtp_sequence);
    EXPECT_EQ(static_cast<std::uint16_t>(item.rtp_sequence + item.rtp_packets),
              position.next_sequence);
}

TEST(Stream, TellsReadersOfAChangedConfigurationAndGoesOnWithSequenceNumbers) {
    Fixture fixture;
    ASSERT_TRUE(fixture.stream.add_reader({"rtmpConn", "a"}, Protocol::rtmp, 0));
    ASSERT_TRUE(fixture.stream.add_reader({"rtspSession", "b"}, Protocol::rtsp, 0));
    fixture.stream.publish(unit(0, 0ms));
    media::Track const changed{media::H264Config{{0x67, 0x64, 0, 0x1f, 1}, {0x68, 0xcf}}};
    fixture.stream.update_track(0, two_tracks()[0], 40ms);  // the same: nothing
    fixture.stream.update_track(0, changed, 40ms);
    fixture.stream.publish(unit(0, 40ms));
    auto const& items = fixture.turn();
    ASSERT_EQ(items.size(), 3U);
    EXPECT_TRUE(items[1].config);
    EXPECT_FALSE(items[1].rtmp.empty());
    EXPECT_EQ(static_cast<std::uint16_t>(items[0].rtp_sequence + items[0].rtp_packets),
              items[2].rtp_sequence);
    EXPECT_EQ(fixture.stream.tracks()->at(0), changed);
}

TEST(Stream, KeepsItsReaderLimit) {
    Fixture fixture;
    EXPECT_TRUE(fixture.stream.add_reader({"rtmpConn", "a"}, Protocol::rtmp, 1));
    EXPECT_FALSE(fixture.stream.add_reader({"rtmpConn", "b"}, Protocol::rtmp, 1));
    fixture.stream.remove_reader({"rtmpConn", "b"}, Protocol::rtmp);
    EXPECT_EQ(fixture.stream.readers().size(), 1U);
    fixture.stream.remove_reader({"rtmpConn", "a"}, Protocol::rtmp);
    EXPECT_TRUE(fixture.stream.add_reader({"rtmpConn", "b"}, Protocol::rtmp, 1));
}

TEST(DescribeTracks, UsesMediaMtxWords) {
    EXPECT_EQ(describe_tracks(two_tracks()), "2 tracks (H264, MPEG-4 Audio)");
    EXPECT_EQ(describe_tracks({two_tracks()[1]}), "1 track (MPEG-4 Audio)");
}

TEST(WallClock, ExtrapolatesUntilTheMappingIsInTheFutureOrFarBehind) {
    WallClock clock;
    EXPECT_EQ(clock.map(10s, 1000s), 1000s);
    EXPECT_EQ(clock.map(11s, 1001500ms), 1001s);
    EXPECT_EQ(clock.map(20s, 1003s), 1003s);  // ahead of time: started anew
    EXPECT_EQ(clock.map(21s, 1010s), 1010s);  // six seconds late: started anew
    EXPECT_EQ(clock.map(22s, 1012s), 1011s);
}

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

}  // namespace
}  // namespace tidegate::router
