#include "rtmp/core/chunk_reader.hpp"

#include <gtest/gtest.h>

#include "rtmp/core/golden_messages.hpp"

namespace tidegate::rtmp::test {
namespace {

// What a reader makes of bytes, fed whole; the same is asserted byte by byte.
struct Outcome {
    std::vector<SeenMessage> messages;
    std::string error;  // empty: none
};

Outcome read(base::ByteView wire, std::size_t piece, Limits const& limits) {
    ChunkReader reader(limits);
    RecordingMessages sink;
    sink.reader = &reader;
    auto const result =
        feed_in_pieces(wire, piece, [&](base::ByteView bytes) { return reader.feed(bytes, sink); });
    return {sink.seen, result ? "" : result.error().text};
}

Outcome read(base::ByteView wire, Limits const& limits = {}) {
    auto const whole = read(wire, wire.size() + 1, limits);
    for (std::size_t piece = 1; piece < 24; ++piece) {
        auto const pieces = read(wire, piece, limits);
        EXPECT_EQ(pieces.messages, whole.messages) << "pieces of " << piece;
        EXPECT_EQ(pieces.error, whole.error) << "pieces of " << piece;
    }
    return whole;
}

std::vector<std::uint32_t> timestamps(Outcome const& outcome) {
    std::vector<std::uint32_t> all;
    all.reserve(outcome.messages.size());
    for (auto const& message : outcome.messages) all.push_back(message.timestamp);
    return all;
}

using Times = std::vector<std::uint32_t>;

TEST(ChunkReader, AddsDeltasOfTypesOneTwoAndThree) {
    auto const outcome =
        read(hex("04 000064 000001 08 01000000 aa"  // 100
                 "44 000014 000002 09 bbbb"         // +20, other length and type
                 "84 00000a cccc"                   // +10
                 "c4 dddd"                          // +10 again
                 "c4 eeee"));
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(timestamps(outcome), (Times{100, 120, 130, 140, 150}));
    EXPECT_EQ(outcome.messages[1], (SeenMessage{9, 4, 1, 120, hex("bbbb")}));
    EXPECT_EQ(outcome.messages[4], (SeenMessage{9, 4, 1, 150, hex("eeee")}));
}

TEST(ChunkReader, TakesASmallFirstTimestampAsTheDeltaOfATypeThreeMessageButNotALargeOne) {
    EXPECT_EQ(timestamps(read(hex("04 000014 000001 08 01000000 aa c4 bb"))), (Times{20, 40}));
    EXPECT_EQ(timestamps(read(hex("04 0f4240 000001 08 01000000 aa c4 bb"))),
              (Times{1'000'000, 1'000'000}));
}

TEST(ChunkReader, WrapsTimestampsAtTwoToTheThirtyTwo) {
    auto const outcome =
        read(hex("04 ffffff 000001 08 01000000 fffffff6 aa"
                 "84 000014 bb"));
    EXPECT_EQ(timestamps(outcome), (Times{0xFFFFFFF6, 10}));
}

TEST(ChunkReader, KeepsInterleavedChunkStreamsApart) {
    auto const a = pattern(130);
    auto const b = base::Bytes(129, 0x55);
    auto const wire =
        joined({hex("04 000000 000082 08 01000000"), base::ByteView(a).first(128),
                hex("06 000000 000081 09 01000000"), base::ByteView(b).first(128), hex("c4"),
                base::ByteView(a).subspan(128), hex("c6"), base::ByteView(b).subspan(128)});
    auto const outcome = read(wire);
    ASSERT_EQ(outcome.messages.size(), 2U);
    EXPECT_EQ(outcome.messages[0].body, a);
    EXPECT_EQ(outcome.messages[1].body, b);
}

// A 200-byte message at 0x01000000 in chunks of 128, its second chunk as given, then a small one on
// another stream.
base::Bytes extended_message(std::string_view continuation, base::ByteView body) {
    return joined({hex("06 ffffff 0000c8 09 01000000 01000000"), body.first(128), hex(continuation),
                   body.subspan(128), hex("04 000000 000001 08 01000000 aa")});
}

TEST(ChunkReader, ReadsExtendedTimestampsOnTypeThreeChunksInAllHabits) {
    auto const body = pattern(200);
    struct Row {
        std::string_view habit, continuation;
    };
    for (auto const& row : {Row{"repeated, as specified", "c6 01000000"},
                            Row{"repeated as zero, as MediaMTX", "c6 00000000"},
                            Row{"left out, as old encoders", "c6"}}) {
        auto const one = extended_message(row.continuation, body);
        auto const outcome = read(joined({one, one, one}));
        EXPECT_EQ(outcome.error, "") << row.habit;
        ASSERT_EQ(outcome.messages.size(), 6U) << row.habit;
        for (std::size_t i = 0; i < 6; i += 2) {
            EXPECT_EQ(outcome.messages[i], (SeenMessage{9, 6, 1, 0x01000000, body})) << row.habit;
        }
    }
}

TEST(ChunkReader, FindsALeftOutExtendedTimestampInFrontOfAVeryShortLastChunk) {
    // Two payload bytes follow the type-3 header: the four bytes looked at reach into the next
    // chunk.
    auto const body = pattern(130);
    auto const wire = joined(
        {hex("06 ffffff 000082 09 01000000 01000000"), base::ByteView(body).first(128), hex("c6"),
         base::ByteView(body).subspan(128), hex("04 000000 000001 08 01000000 aa")});
    auto const outcome = read(wire);
    ASSERT_EQ(outcome.messages.size(), 2U);
    EXPECT_EQ(outcome.messages[0].body, body);
    EXPECT_EQ(outcome.messages[1].body, hex("aa"));
}

TEST(ChunkReader, SkipsEmptyMessagesButCountsTheirTimestamps) {
    auto const outcome =
        read(hex("04 000064 000000 08 01000000"
                 "44 00000a 000001 08 aa"));
    EXPECT_EQ(timestamps(outcome), (Times{110}));
}

TEST(ChunkReader, ObeysSetChunkSizeFromTheNextChunkOn) {
    auto const body = pattern(300);
    auto const wire = joined(
        {hex("02 000000 000004 01 00000000 00001000 06 000000 00012c 09 01000000"), body,
         hex("02 000000 000004 01 00000000 00000001 04 000000 000003 08 01000000 aa c4 bb c4 cc")});
    auto const outcome = read(wire);
    EXPECT_EQ(outcome.error, "");
    ASSERT_EQ(outcome.messages.size(), 4U);
    EXPECT_EQ(outcome.messages[1].body, body);
    EXPECT_EQ(outcome.messages[3].body, hex("aabbcc"));
}

TEST(ChunkReader, TakesAChunkSizeBeyondTheLongestMessageAsThat) {
    auto const body = pattern(70'000);
    for (auto const* const size : {"00ffffff", "01000000", "08000000", "7fffffff"}) {
        auto const wire = joined({hex("02 000000 000004 01 00000000"), hex(size),
                                  hex("06 000000 011170 09 01000000"), body});
        auto const outcome = read(wire);
        EXPECT_EQ(outcome.error, "") << size;
        ASSERT_EQ(outcome.messages.size(), 2U) << size;
        EXPECT_EQ(outcome.messages[1].body, body) << size;
    }
}

TEST(ChunkReader, AFirstChunkOfTypeOneBelongsToMessageStreamZero) {
    auto const outcome =
        read(hex("46 000064 000001 08 aa 46 000014 000001 08 bb 86 000014 cc c6 dd"));
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(timestamps(outcome), (Times{100, 120, 140, 160}));
    for (auto const& message : outcome.messages) EXPECT_EQ(message.message_stream_id, 0U);
}

TEST(ChunkReader, AbortDropsAHalfMessageAndLeavesOthers) {
    auto const body = pattern(200);
    auto const half =
        joined({hex("06 000000 0000c8 09 01000000"), base::ByteView(body).first(128)});
    auto const outcome = read(joined({half, hex("02 000000 000004 02 00000000 00000006"),
                                      hex("02 000000 000004 02 00000000 0000ffff"),  // unknown
                                      half, hex("c6"), base::ByteView(body).subspan(128)}));
    EXPECT_EQ(outcome.error, "");
    ASSERT_EQ(outcome.messages.size(), 3U);
    EXPECT_EQ(outcome.messages[2].body, body);
}

TEST(ChunkReader, RefusesBrokenChunksWithAReason) {
    auto const half = joined({hex("06 000000 0000c8 09 01000000"), base::Bytes(128)});
    struct Row {
        base::Bytes wire;
        std::string_view error;
    };
    std::vector<Row> const rows = {
        {hex("86 000000 aa"), "received type 2 chunk without previous chunk"},
        {hex("c6 aa"), "received type 3 chunk without previous chunk"},
        {joined({half, hex("06 000000 0000c8 09 01000000")}),
         "received type 0 chunk but expected type 3 chunk"},
        {joined({half, hex("46 000000 0000c8 09")}),
         "received type 1 chunk but expected type 3 chunk"},
        {joined({half, hex("86 000000")}), "received type 2 chunk but expected type 3 chunk"},
        {hex("02 000000 000004 01 00000000 00000000"), "invalid chunk size: 0"},
        {hex("02 000000 000004 01 00000000 80000000"), "invalid chunk size: 2147483648"},
        {hex("02 000000 000004 01 00000000 ffffffff"), "invalid chunk size: 4294967295"},
    };
    for (auto const& row : rows) EXPECT_EQ(read(row.wire).error, row.error);
    Limits small;
    small.max_message_size = 1000;
    EXPECT_EQ(read(hex("06 000000 0003e9 09 01000000"), small).error,
              "message body is too big: 1001 bytes");
}

base::Bytes chunk_streams(unsigned count) {
    base::Bytes wire;
    for (unsigned i = 0; i < count; ++i) {
        auto const one = joined({hex("00"), base::Bytes{static_cast<std::uint8_t>(i)},
                                 hex("000000 0000c8 09 01000000"), base::Bytes(128)});
        wire.insert(wire.end(), one.begin(), one.end());
    }
    return wire;
}

TEST(ChunkReader, BoundsTheNumberOfChunkStreams) {
    EXPECT_EQ(read(chunk_streams(64)).error, "");
    EXPECT_EQ(read(chunk_streams(65)).error, "too many chunk streams");
}

TEST(ChunkReader, BoundsTheMemoryOfAllUnfinishedMessages) {
    Limits limits;
    limits.max_partial_bytes = 200 * 63;
    EXPECT_EQ(read(chunk_streams(63), limits).error, "");
    EXPECT_EQ(read(chunk_streams(64), limits).error, "too many bytes in unfinished messages");
}

TEST(ChunkReader, DoesNotReserveWhatAHeaderDeclares) {
    // 63 headers that declare 10 MiB each and bring one chunk: far below the bound on reserved
    // memory.
    base::Bytes wire;
    for (unsigned id = 3; id < 64; ++id) {
        auto const one = joined({base::Bytes{static_cast<std::uint8_t>(id)},
                                 hex("000000 a00000 09 01000000"), base::Bytes(128)});
        wire.insert(wire.end(), one.begin(), one.end());
    }
    ChunkReader reader({});
    RecordingMessages sink;
    EXPECT_TRUE(reader.feed(wire, sink));
}

TEST(ChunkReader, JoinsALargeMessageOfManyChunksAndLetsItsMemoryGo) {
    auto const body = pattern(3 * 1024 * 1024);
    auto const wire = write_media_message(video_header(5), {}, body, kDefaultChunkSize);
    ChunkReader reader({});
    RecordingMessages sink;
    for (int i = 0; i < 10; ++i) {  // 30 MiB in all: more than may be unfinished at once
        auto const fed = feed_in_pieces(
            wire.view(), 65536, [&](base::ByteView bytes) { return reader.feed(bytes, sink); });
        ASSERT_TRUE(fed) << fed.error().text;
        ASSERT_EQ(sink.seen.size(), 1U);
        EXPECT_EQ(sink.seen[0].body, body);
        sink.seen.clear();
    }
}

TEST(ChunkReader, JoinsTheLargestMessageBesideOthers) {
    auto const body = pattern(media::kMaxMessage);
    auto const wire = write_media_message(video_header(5), {}, body, kDefaultChunkSize);
    ChunkReader reader({});
    RecordingMessages sink;
    auto const fed = feed_in_pieces(wire.view(), 65536,
                                    [&](base::ByteView bytes) { return reader.feed(bytes, sink); });
    ASSERT_TRUE(fed) << fed.error().text;
    ASSERT_EQ(sink.seen.size(), 1U);
    EXPECT_TRUE(sink.seen[0].body == body);
}

struct Refusing final : MessageSink {
    Result on_message(Message&&) override { return fail(ErrorCode::message, "no"); }
};

TEST(ChunkReader, StopsAtTheSinksError) {
    ChunkReader reader({});
    Refusing sink;
    auto const fed = reader.feed(hex("04 000000 000001 08 01000000 aa ff ff"), sink);
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().text, "no");
}

}  // namespace
}  // namespace tidegate::rtmp::test
