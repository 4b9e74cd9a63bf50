#include "rtmp/core/golden_messages.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tidegate::rtmp::test {
namespace {

TEST(GoldenMessages, AreReadWholeAndInPiecesOfEverySize) {
    for (auto const& golden : golden_messages()) {
        for (std::size_t piece = 1; piece <= golden.wire.size(); ++piece) {
            ChunkReader reader({});
            RecordingMessages sink;
            auto const fed = feed_in_pieces(
                golden.wire, piece, [&](base::ByteView bytes) { return reader.feed(bytes, sink); });
            ASSERT_TRUE(fed) << golden.name << ": " << fed.error().text;
            ASSERT_EQ(sink.seen.size(), 1U) << golden.name << " in pieces of " << piece;
            EXPECT_EQ(sink.seen[0], golden.message) << golden.name << " in pieces of " << piece;
        }
    }
}

TEST(GoldenMessages, AreReadOneAfterTheOtherAtEverySplit) {
    base::Bytes wire;
    std::vector<SeenMessage> expected;
    for (auto const& golden : golden_messages()) {
        if (golden.message.type < 3) continue;  // would change how the next ones are read
        wire.insert(wire.end(), golden.wire.begin(), golden.wire.end());
        expected.push_back(golden.message);
    }
    for (std::size_t split = 0; split <= wire.size(); ++split) {
        ChunkReader reader({});
        RecordingMessages sink;
        auto const view = base::ByteView(wire);
        ASSERT_TRUE(reader.feed(view.first(split), sink));
        ASSERT_TRUE(reader.feed(view.subspan(split), sink));
        ASSERT_EQ(sink.seen, expected) << "split at " << split;
    }
}

TEST(GoldenMessages, AreWrittenToTheByte) {
    for (auto const& golden : golden_messages()) {
        auto const& message = golden.message;
        MessageHeader const header{static_cast<MessageType>(message.type), message.chunk_stream_id,
                                   message.message_stream_id, message.timestamp};
        EXPECT_EQ(to_bytes(write_media_message(header, {}, message.body, kDefaultChunkSize)),
                  golden.wire)
            << golden.name;
        base::Bytes appended = {0xEE};
        append_message(appended, header, message.body, kDefaultChunkSize);
        EXPECT_EQ(appended, joined({hex("ee"), golden.wire})) << golden.name;
    }
}

// TIDEGATE_WRITE_CORPUS=1 writes the seeds; otherwise they must be what the table says.
TEST(GoldenMessages, AreTheSeedsOfTheChunkFuzzTarget) {
    for (auto const& golden : golden_messages()) {
        auto const name = "rtmp_chunks/golden_" + std::string(golden.name);
        if (std::getenv("TIDEGATE_WRITE_CORPUS") != nullptr) {
            std::ofstream out(std::string(TIDEGATE_SOURCE_DIR) + "/fuzz/corpus/" + name,
                              std::ios::binary);
            out << base::as_text(golden.wire);
        }
        EXPECT_EQ(read_corpus(name), golden.wire) << name;
    }
}

}  // namespace
}  // namespace tidegate::rtmp::test
