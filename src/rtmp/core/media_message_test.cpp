#include "rtmp/core/media_message.hpp"

#include <gtest/gtest.h>

#include "rtmp/core/golden_messages.hpp"

namespace tidegate::rtmp::test {
namespace {

TEST(MediaMessage, IsTheSameHoweverTheBodyIsCutIntoParts) {
    auto const body = pattern(1000);
    auto const view = base::ByteView(body);
    auto const whole = to_bytes(write_media_message(video_header(40), {}, view, 128));
    for (std::size_t cut = 0; cut <= body.size(); cut += 37) {
        EXPECT_EQ(to_bytes(write_media_message(video_header(40), view.first(cut), view.subspan(cut),
                                               128)),
                  whole);
    }
    std::array const parts{view.first(1), view.subspan(1, 0), view.subspan(1, 500),
                           view.subspan(501)};
    EXPECT_EQ(to_bytes(write_media_message(video_header(40), parts, 128)), whole);
}

TEST(MediaMessage, HeadAndPayloadAreTheWholeMessageWhenItIsOneChunk) {
    auto const body = pattern(1000);
    auto const view = base::ByteView(body);
    for (auto const timestamp : {0LL, 40LL, 0xFFFFFFLL, 0xFFFFFFFFLL}) {
        auto const header = video_header(timestamp);
        for (std::size_t const cut : {0U, 5U, 1000U}) {
            auto joined = to_bytes(write_message_head(header, view.first(cut), 1000 - cut, 1000));
            joined.insert(joined.end(), body.begin() + std::ptrdiff_t(cut), body.end());
            EXPECT_EQ(joined, to_bytes(write_media_message(header, {}, view, 1000)));
        }
    }
    EXPECT_TRUE(write_message_head(video_header(0), {}, 1001, 1000).empty());
    EXPECT_TRUE(write_message_head(video_header(0), view.first(1), 1000, 1000).empty());
}

TEST(MediaMessage, HasNoEmptyLastChunkWhenTheBodyFillsItsChunks) {
    auto const body = pattern(256);
    auto const wire = write_media_message(audio_header(0), {}, body, 128);
    EXPECT_EQ(wire.size(), 12U + 128 + 1 + 128);
}

TEST(MediaMessage, MayBeEmpty) {
    EXPECT_EQ(to_bytes(write_media_message(audio_header(7), {}, {})),
              hex("04 000007 000000 08 01000000"));
}

TEST(MediaMessage, KeepsTheLowBitsOfATimestampBelowZeroOrBeyondThirtyTwoBits) {
    EXPECT_EQ(video_header(-1).timestamp, 0xFFFFFFFFU);
    EXPECT_EQ(audio_header((1LL << 32) + 5).timestamp, 5U);
}

TEST(MediaMessage, IsReadBackAtEveryChunkSizeAndTimestamp) {
    auto const body = pattern(700);
    for (std::uint32_t const chunk_size : {1U, 2U, 127U, 128U, 699U, 700U, 701U, 65536U}) {
        for (std::uint32_t const timestamp : {0U, 0xFFFFFEU, 0xFFFFFFU, 0x1000000U, 0xFFFFFFFFU}) {
            ChunkReader reader({});
            ASSERT_TRUE(reader.set_chunk_size(chunk_size));
            RecordingMessages sink;
            auto const wire = write_media_message(video_header(timestamp), {}, body, chunk_size);
            ASSERT_TRUE(reader.feed(wire.view(), sink));
            ASSERT_EQ(sink.seen.size(), 1U);
            EXPECT_EQ(sink.seen[0], (SeenMessage{9, 6, 1, timestamp, body}));
        }
    }
}

}  // namespace
}  // namespace tidegate::rtmp::test
