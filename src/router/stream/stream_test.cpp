#include "router/stream/stream.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

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
    return {.track = track,
            .keyframe = keyframe,
            .pts = at,
            .dts = at,
            .payload = base::SharedBytes::copy_of(idr)};
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

struct StreamFixture {
    explicit StreamFixture(StreamSettings const& settings = {})
        : stream("live/demo/in", {&loop}, settings, two_tracks()) {
        stream.outlet(0)->add(reader);
    }
    ~StreamFixture() { stream.outlet(0)->remove(reader); }
    std::vector<FanoutItem> const& turn() {
        loop.restart();
        loop.poll();
        return reader.items;
    }
    asio::io_context loop{1};
    Stream stream;
    KeepingReader reader;
};

TEST(Stream, MakesOnlyTheFormsThatSomebodySubscribesTo) {
    StreamFixture fixture;
    fixture.stream.publish(unit(0, 0ms));
    ASSERT_TRUE(fixture.stream.add_reader({"rtmpConn", "a"}, WireForm::rtmp_message, 0));
    fixture.stream.publish(unit(0, 40ms));
    ASSERT_TRUE(fixture.stream.add_reader({"rtspSession", "b"}, WireForm::interleaved_rtp, 0));
    fixture.stream.publish(unit(0, 80ms));
    fixture.stream.remove_reader({"rtmpConn", "a"}, WireForm::rtmp_message);
    fixture.stream.publish(unit(0, 120ms));

    auto const& items = fixture.turn();
    ASSERT_EQ(items.size(), 4U);
    EXPECT_TRUE(items[0].as(WireForm::rtmp_message).empty() &&
                items[0].as(WireForm::interleaved_rtp).empty());
    EXPECT_TRUE(!items[1].as(WireForm::rtmp_message).empty() &&
                items[1].as(WireForm::interleaved_rtp).empty());
    EXPECT_TRUE(!items[2].as(WireForm::rtmp_message).empty() &&
                !items[2].as(WireForm::interleaved_rtp).empty());
    EXPECT_TRUE(items[3].as(WireForm::rtmp_message).empty() &&
                !items[3].as(WireForm::interleaved_rtp).empty());
    EXPECT_GT(fixture.stream.inbound_bytes(), 0U);
}

// What HLS and recording are: readers of units, for whom no bytes are made.
TEST(Stream, AReaderOfNoFormGetsTheUnitsThemselves) {
    StreamFixture fixture;
    ASSERT_TRUE(fixture.stream.add_reader({"hlsMuxer", "a"}, std::nullopt, 0));
    auto const sent = unit(0, 40ms, false);
    fixture.stream.publish(sent);
    media::Track const changed{media::H264Config{{0x67, 0x64, 0, 0x1f, 1}, {0x68, 0xcf}}};
    fixture.stream.update_track(0, changed, 80ms);
    fixture.stream.publish(unit(0, 80ms));
    fixture.stream.publish(unit(1, 85ms));

    auto const& items = fixture.turn();
    ASSERT_EQ(items.size(), 4U);
    EXPECT_EQ(items[0].unit.payload.data(), sent.payload.data()) << "shared, not copied";
    EXPECT_EQ(items[0].unit.dts, 40ms);
    EXPECT_FALSE(items[0].unit.keyframe);
    ASSERT_TRUE(items[1].changed_track);
    EXPECT_EQ(*items[1].changed_track, changed);
    EXPECT_EQ(items[1].unit.dts, 80ms);
    EXPECT_TRUE(items[2].unit.keyframe);
    EXPECT_EQ(items[3].unit.track, 1);
    for (auto const& item : items) {
        for (auto const& bytes : item.wire) EXPECT_TRUE(bytes.empty());
    }
    EXPECT_EQ(fixture.stream.readers()->size(), 1U);
    fixture.stream.remove_reader({"hlsMuxer", "a"}, std::nullopt);
    EXPECT_FALSE(fixture.stream.has_readers());
}

TEST(Stream, ShowsWhereItsRtpStands) {
    StreamFixture fixture;
    EXPECT_FALSE(fixture.stream.rtp_position(0).next_sequence);
    ASSERT_TRUE(fixture.stream.add_reader({"rtspSession", "b"}, WireForm::interleaved_rtp, 0));
    fixture.stream.publish(unit(0, 40ms));
    auto const position = fixture.stream.rtp_position(0);
    auto const& item = fixture.turn().at(0);
    auto rest = item.as(WireForm::interleaved_rtp).view();
    auto const packet = rtp::parse_packet(rtp::next_frame(rest)->payload);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->ssrc, position.ssrc);
    EXPECT_EQ(packet->timestamp, position.rtp_time);
    EXPECT_EQ(packet->sequence, item.rtp.sequence);
    EXPECT_EQ(static_cast<std::uint16_t>(item.rtp.sequence + item.rtp.packets),
              position.next_sequence);
}

// All tracks at one instant, whichever of them has sent last; and where a picture is shown later
// than it is decoded, at its decode time: nothing that is sent later belongs before it.
TEST(Stream, ShowsWhereItsRtpStandsAtOneInstantForAllTracks) {
    StreamFixture fixture;
    ASSERT_TRUE(fixture.stream.add_reader({"rtspSession", "b"}, WireForm::interleaved_rtp, 0));
    auto picture = unit(0, 1000ms);
    picture.pts += 80ms;
    fixture.stream.publish(picture);
    fixture.stream.publish(unit(1, 500ms));
    auto const video = fixture.stream.rtp_position(0).rtp_time;
    auto const audio = fixture.stream.rtp_position(1).rtp_time;
    auto const& items = fixture.turn();
    EXPECT_EQ(video, items.at(0).rtp.time);
    EXPECT_EQ(audio, items.at(1).rtp.time + 24'000);
    fixture.stream.publish(unit(1, 1200ms));
    EXPECT_EQ(fixture.stream.rtp_position(0).rtp_time, video + 18'000);
}

// What a reader's reports are made of: a track's RTP clock at 0 of the stream, in wall time.
std::chrono::nanoseconds wall_of_zero(FanoutItem const& item, base::Timestamp dts) {
    return std::chrono::nanoseconds{item.rtp.wall_ns} - dts;
}

TEST(Stream, ReportsOneWallClockForAllTracks) {
    StreamFixture fixture;
    fixture.stream.publish(unit(1, 0ms));  // nobody reads, and still the clock starts here
    ASSERT_TRUE(fixture.stream.add_reader({"rtspSession", "b"}, WireForm::interleaved_rtp, 0));
    auto picture = unit(0, 40ms);
    picture.pts += 80ms;  // ahead of its arrival
    fixture.stream.publish(picture);
    fixture.stream.publish(unit(1, 20ms));
    auto const& items = fixture.turn();
    ASSERT_EQ(items.size(), 3U);
    EXPECT_EQ(wall_of_zero(items[1], 40ms), wall_of_zero(items[2], 20ms));
    auto rest = items[1].as(WireForm::interleaved_rtp).view();
    auto const packet = rtp::parse_packet(rtp::next_frame(rest)->payload);
    EXPECT_EQ(packet->timestamp - items[1].rtp.time, 80U * 90) << "the report is of the dts";
    EXPECT_LE(std::chrono::nanoseconds{items[1].rtp.wall_ns},
              std::chrono::system_clock::now().time_since_epoch());
}

TEST(Stream, TellsReadersOfAChangedConfigurationAndGoesOnWithSequenceNumbers) {
    StreamFixture fixture;
    ASSERT_TRUE(fixture.stream.add_reader({"rtmpConn", "a"}, WireForm::rtmp_message, 0));
    ASSERT_TRUE(fixture.stream.add_reader({"rtspSession", "b"}, WireForm::interleaved_rtp, 0));
    fixture.stream.publish(unit(0, 0ms));
    media::Track const changed{media::H264Config{{0x67, 0x64, 0, 0x1f, 1}, {0x68, 0xcf}}};
    fixture.stream.update_track(0, two_tracks()[0], 40ms);  // the same: nothing
    fixture.stream.update_track(0, changed, 40ms);
    fixture.stream.publish(unit(0, 40ms));
    auto const& items = fixture.turn();
    ASSERT_EQ(items.size(), 3U);
    ASSERT_TRUE(items[1].changed_track);
    EXPECT_EQ(*items[1].changed_track, changed);
    EXPECT_FALSE(items[1].as(WireForm::rtmp_message).empty());
    EXPECT_EQ(static_cast<std::uint16_t>(items[0].rtp.sequence + items[0].rtp.packets),
              items[2].rtp.sequence);
    EXPECT_EQ(fixture.stream.tracks()->at(0), changed);
}

TEST(Stream, EndsReadersOverRtspThatCannotBeToldOfAChange) {
    StreamFixture fixture;
    auto const described = fixture.stream.description_version();
    media::Track const other_sets{media::H264Config{{0x67, 0x64, 0, 0x1f, 1}, {0x68, 0xcf}}};
    fixture.stream.update_track(0, other_sets, 0ms);
    EXPECT_EQ(fixture.stream.description_version(), described) << "they come in-band";
    fixture.stream.update_track(1, {media::AacConfig{{0x11, 0x88}, 44100, 1}}, 40ms);
    EXPECT_NE(fixture.stream.description_version(), described);
    auto const& items = fixture.turn();
    ASSERT_EQ(items.size(), 2U);
    EXPECT_FALSE(items[0].redescribed);
    EXPECT_TRUE(items[1].redescribed);
}

TEST(Stream, KeepsItsReaderLimit) {
    StreamFixture fixture;
    EXPECT_TRUE(fixture.stream.add_reader({"rtmpConn", "a"}, WireForm::rtmp_message, 1));
    EXPECT_FALSE(fixture.stream.add_reader({"rtmpConn", "b"}, WireForm::rtmp_message, 1));
    fixture.stream.remove_reader({"rtmpConn", "b"}, WireForm::rtmp_message);
    EXPECT_EQ(fixture.stream.readers()->size(), 1U);
    fixture.stream.remove_reader({"rtmpConn", "a"}, WireForm::rtmp_message);
    EXPECT_TRUE(fixture.stream.add_reader({"rtmpConn", "b"}, WireForm::rtmp_message, 1));
}

TEST(Stream, ListsItsReadersAnewOnlyAfterOneHasComeOrGone) {
    StreamFixture fixture;
    EXPECT_TRUE(fixture.stream.readers()->empty());
    for (auto const* id : {"b", "c", "a"}) {
        ASSERT_TRUE(fixture.stream.add_reader({"rtspSession", id}, WireForm::interleaved_rtp, 0));
    }
    auto const three = fixture.stream.readers();
    EXPECT_EQ(*three, (Readers{{"rtspSession", "a"}, {"rtspSession", "b"}, {"rtspSession", "c"}}));
    EXPECT_EQ(fixture.stream.readers(), three);
    fixture.stream.remove_reader({"rtspSession", "b"}, WireForm::interleaved_rtp);
    EXPECT_EQ(*fixture.stream.readers(), (Readers{{"rtspSession", "a"}, {"rtspSession", "c"}}));
    EXPECT_EQ(three->size(), 3U);
}

TEST(DescribeTracks, UsesMediaMtxWords) {
    EXPECT_EQ(describe_tracks(two_tracks()), "2 tracks (H264, MPEG-4 Audio)");
    EXPECT_EQ(describe_tracks({two_tracks()[1]}), "1 track (MPEG-4 Audio)");
}

}  // namespace
}  // namespace tidegate::router
