#include "router/hls/live_channel.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>

#include "media/test_samples.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;

struct KeepingSink final : LiveSink {
    void write(LiveFragment const& fragment) override { fragments.push_back(fragment); }
    void end(std::string_view why) override { reason = why; }

    std::vector<LiveFragment> fragments;
    std::string reason;
};

struct LiveChannelTest : testing::Test {
    LiveChannelTest() { begin({}); }
    void begin(GopReaders gop) {
        StreamSettings settings;
        settings.gop = gop;
        stream = std::make_shared<Stream>("live/a", std::vector<asio::io_context*>{&io}, settings,
                                          tracks());
    }
    static media::Tracks tracks() {
        return {{media::test::h264_main_360p()},
                {media::test::aac_stereo_44100()},
                {media::AacConfig{{0x11, 0x88}, 48000, 1}}};
    }
    void publish(std::uint16_t track, base::Timestamp at, bool keyframe = false) {
        stream->publish({.track = track,
                         .keyframe = keyframe || track != 0,
                         .pts = at,
                         .dts = at,
                         .payload = base::SharedBytes::copy_of(base::Bytes{0, 0, 0, 1, 0x65})});
    }
    // So many pictures of 40 ms, the first of them a keyframe.
    void publish_group(int pictures) {
        for (int i = 0; i < pictures; ++i) {
            publish(0, time, i == 0);
            publish(1, time);
            time += 40ms;
        }
        turn();
    }
    void turn() {
        io.restart();
        io.poll();
    }
    std::shared_ptr<LiveChannel> open(LiveChoice choice = {}) {
        auto channel = channels.open(stream, choice);
        EXPECT_TRUE(channel.has_value()) << channel.error();
        return *channel;
    }

    asio::io_context io{1};
    std::shared_ptr<Stream> stream;
    LiveChannels channels{0};
    base::Timestamp time{};
};

TEST_F(LiveChannelTest, AllViewersGetTheSameBytes) {
    auto const channel = open();
    EXPECT_EQ(open(), channel) << "made once for all";
    KeepingSink first, second;
    channel->add(first);
    publish_group(3);
    channel->add(second);
    publish_group(5);
    ASSERT_EQ(first.fragments.size(), 4U);
    ASSERT_EQ(second.fragments.size(), 3U);
    for (std::size_t i = 0; i < second.fragments.size(); ++i) {
        EXPECT_EQ(second.fragments[i].bytes.data(), first.fragments[i + 1].bytes.data());
    }
    EXPECT_TRUE(first.fragments[0].keyframe && first.fragments[2].keyframe);
    channel->remove(second);
    publish_group(3);
    EXPECT_EQ(first.fragments.size(), 6U);
    EXPECT_EQ(second.fragments.size(), 3U);
    channel->remove(first);
}

TEST_F(LiveChannelTest, WithoutViewersNothingIsMade) {
    open();  // and closed again
    EXPECT_FALSE(stream->outlet(0)->has_readers());
}

TEST_F(LiveChannelTest, AViewerBeginsWithTheGroupThatIsKept) {
    begin({.forms = {}, .units = true});
    publish_group(5);
    auto const channel = open();  // what waits in the outlet comes twice: once of the cache
    KeepingSink first, second;
    channel->add(first);
    ASSERT_EQ(first.fragments.size(), 2U);
    EXPECT_TRUE(first.fragments[0].keyframe);
    publish(0, time);
    publish(0, time + 40ms);
    turn();
    ASSERT_EQ(first.fragments.size(), 3U);
    channel->add(second);
    ASSERT_EQ(second.fragments.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(second.fragments[i].bytes.data(), first.fragments[i].bytes.data());
    }
    channel->remove(first);
    channel->remove(second);
}

TEST_F(LiveChannelTest, EachChoiceOfTracksHasItsOwnBytes) {
    auto const both = open();
    auto const mute = open({.video = 1, .audio = std::nullopt});
    auto const other = open({.video = std::nullopt, .audio = 2});
    EXPECT_EQ(both->codecs(), "avc1.4d401e,mp4a.40.2");
    EXPECT_EQ(mute->codecs(), "avc1.4d401e");
    EXPECT_EQ(other->tracks(), (media::Tracks{tracks()[2]}));
    EXPECT_FALSE(other->has_video());
    auto const none = channels.open(stream, {.video = 1, .audio = 3});
    EXPECT_EQ(none.error(), "there is no audio track 3");
}

TEST_F(LiveChannelTest, AChangedTrackEndsItAfterTheLastUnit) {
    auto const channel = open();
    auto const other = open({.video = std::nullopt, .audio = 2});
    KeepingSink sink;
    channel->add(sink);
    publish_group(2);
    EXPECT_TRUE(sink.fragments.empty());
    stream->update_track(0, {media::test::h264_720p()}, time);
    publish_group(2);
    EXPECT_EQ(sink.reason, "the tracks have changed");
    EXPECT_EQ(sink.fragments.size(), 1U);
    EXPECT_FALSE(other->ended()) << "its track is the same";
    auto const next = open();
    EXPECT_NE(next, channel);
    EXPECT_EQ(next->tracks()[0], media::Track{media::test::h264_720p()});
    KeepingSink late;
    channel->add(late);
    EXPECT_NE(late.reason, "");
    channel->remove(sink);
    channel->remove(late);
}

TEST_F(LiveChannelTest, TheEndOfTheStreamEndsIt) {
    auto const channel = open();
    KeepingSink sink;
    channel->add(sink);
    publish_group(1);
    stream->end();
    turn();
    EXPECT_EQ(sink.reason, "the stream has ended");
    EXPECT_EQ(sink.fragments.size(), 1U);
    channel->remove(sink);
}

TEST_F(LiveChannelTest, ATrackThatMp4CannotCarryIsLeftOutUnlessItIsAskedForByItsNumber) {
    media::Tracks const without_sets{{media::H264Config{}}, tracks()[1]};
    EXPECT_EQ(choose_live_tracks(without_sets, {}), (std::vector<std::size_t>{1}));
    auto const only = choose_live_tracks({{media::H264Config{}}}, {});
    EXPECT_EQ(only.error(), "the stream has no track that MP4 can carry");
}

}  // namespace
}  // namespace tidegate::router
