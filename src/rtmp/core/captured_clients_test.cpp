// What FFmpeg 5.1 and GStreamer 1.22 really sent, recorded from their sockets
// (fuzz/corpus/rtmp_server_session): a whole short session each, with audio (FFmpeg) or without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/core/dialogue.hpp"

namespace tidegate::rtmp::test {
namespace {

struct Recording {
    std::string name;
    std::string query;
    std::string user_agent;
    std::size_t video, audio, metadata;
};

Recording const kPublishers[] = {
    {"captured_ffmpeg_publish", "user=u&pass=p", "FMLE/3.0 (compatible; Lavf59.27", 8, 28, 1},
    {"captured_rtmpsink", "", "", 8, 0, 1},
    {"captured_rtmp2sink", "", "LNX 10,0,32,18", 8, 0, 1},
};

TEST(CapturedClients, PublishAtEveryPieceSize) {
    for (auto const& recording : kPublishers) {
        auto const wire = read_corpus("rtmp_server_session/" + recording.name);
        ASSERT_GT(wire.size(), 3073U) << recording.name;
        for (std::size_t const piece : {1UL, 3UL, 100UL, 1537UL, wire.size()}) {
            ServerSession session(1);
            RecordingServer sink;
            auto const fed = feed_in_pieces(
                wire, piece, [&](base::ByteView bytes) { return session.feed(bytes, sink); });
            ASSERT_TRUE(fed) << recording.name << ": " << fed.error().text;
            ASSERT_EQ(sink.publishes.size(), 1U) << recording.name;
            auto const& request = sink.publishes[0];
            EXPECT_EQ(request.path, "live/demo/in") << recording.name;
            EXPECT_EQ(request.app, "live/demo") << recording.name;
            EXPECT_EQ(request.query, recording.query) << recording.name;
            EXPECT_THAT(request.user_agent, testing::StartsWith(recording.user_agent));
            EXPECT_EQ(request.publish_type, "live") << recording.name;
            auto const video = std::ranges::count(sink.media, true, &MediaMessage::video);
            EXPECT_EQ(static_cast<std::size_t>(video), recording.video) << recording.name;
            EXPECT_EQ(sink.media.size() - static_cast<std::size_t>(video), recording.audio)
                << recording.name;
            ASSERT_EQ(sink.metadata.size(), recording.metadata) << recording.name;
            EXPECT_EQ(sink.metadata[0].expects_video, true) << recording.name;
            EXPECT_EQ(sink.metadata[0].width, 160.0) << recording.name;
            EXPECT_EQ(sink.closed, 1) << recording.name << " ends its stream";
        }
    }
}

TEST(CapturedClients, Play) {
    for (auto const* const name : {"captured_ffmpeg_play", "captured_rtmp2src"}) {
        ServerSession session(1);
        RecordingServer sink;
        auto const fed =
            session.feed(read_corpus("rtmp_server_session/" + std::string(name)), sink);
        ASSERT_TRUE(fed) << name << ": " << fed.error().text;
        ASSERT_EQ(sink.plays.size(), 1U) << name;
        EXPECT_EQ(sink.plays[0].path, "live/demo/out") << name;
        EXPECT_THAT(sink.plays[0].abilities.fourccs, testing::IsEmpty()) << name;
    }
}

TEST(CapturedClients, AreWholeAtEverySplitOfTheirDialogue) {
    auto const wire = read_corpus("rtmp_server_session/captured_rtmp2sink");
    auto const view = base::ByteView(wire);
    for (std::size_t split = 3000; split < 4500; ++split) {
        ServerSession session(1);
        RecordingServer sink;
        ASSERT_TRUE(session.feed(view.first(split), sink));
        ASSERT_TRUE(session.feed(view.subspan(split), sink));
        EXPECT_EQ(sink.publishes.size(), 1U);
        EXPECT_EQ(sink.media.size(), 8U) << "split at " << split;
    }
}

}  // namespace
}  // namespace tidegate::rtmp::test
