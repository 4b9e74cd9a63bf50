// The chunk reader against a writer that uses everything the specification allows: messages of
// several chunk streams interleaved chunk by chunk, every header type where it is legal, every form
// of chunk stream id, changing chunk sizes and extended timestamps. Random, but the same in every
// run.
#include <gtest/gtest.h>

#include <random>

#include "rtmp/core/golden_messages.hpp"

namespace tidegate::rtmp::test {
namespace {

constexpr std::uint32_t kStreamIds[] = {3, 4, 63, 64, 319, 320, 65599};

class RandomWriter {
public:
    explicit RandomWriter(unsigned seed) : random_(seed) {
        for (auto const id : kStreamIds) streams_.emplace_back().id = id;
    }

    void run(int steps) {
        for (int i = 0; i < steps; ++i) {
            if (below(20) == 0) change_chunk_size();
            auto& stream = streams_[below(streams_.size())];
            if (stream.left.empty()) {
                begin(stream);
            } else {
                put_basic(stream, 3);
                if (stream.extended) put(stream.field, 4);
            }
            put_payload(stream);
        }
    }

    base::Bytes wire;
    std::vector<SeenMessage> expected;  // in the order in which they are complete

private:
    struct Stream {
        std::uint32_t id = 0;
        bool used = false, extended = false;
        std::uint32_t field = 0, delta = 0;
        SeenMessage message;
        base::ByteView left;
    };

    std::uint32_t below(std::size_t end) {
        return static_cast<std::uint32_t>(random_() % static_cast<std::uint32_t>(end));
    }

    void put(std::uint32_t value, int bytes) {
        for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
            wire.push_back(static_cast<std::uint8_t>(value >> shift));
        }
    }

    void put_basic(Stream const& stream, std::uint32_t format) {
        if (stream.id < 64) {
            put(format << 6 | stream.id, 1);
        } else if (stream.id < 320 && below(2) == 0) {
            put(format << 6, 1);
            put(stream.id - 64, 1);
        } else {  // the three-byte form is legal for small ids, too
            put(format << 6 | 1, 1);
            put((stream.id - 64) & 255, 1);
            put((stream.id - 64) >> 8, 1);
        }
    }

    void put_timestamp(Stream& stream, std::uint32_t value) {
        stream.field = value;
        stream.extended = value >= 0xFFFFFF;
        put(stream.extended ? 0xFFFFFF : value, 3);
    }

    void begin(Stream& stream) {
        auto& message = stream.message;
        std::uint32_t const format = stream.used ? below(4) : 0;
        put_basic(stream, format);
        if (format == 0) {
            message.timestamp = below(3) == 0 ? 0xFFFFF0U + below(0x100) : below(100'000);
            put_timestamp(stream, message.timestamp);
            // A type-3 message after it repeats a small timestamp as its delta.
            stream.delta = message.timestamp <= 10'000 ? message.timestamp : 0;
        } else if (format != 3) {
            stream.delta = below(10) == 0 ? 0x1000000U : below(100);
            put_timestamp(stream, stream.delta);
        }
        if (format != 0) message.timestamp += stream.delta;
        if (format <= 1) {
            message.type = below(2) == 0 ? 8 : 9;
            message.body = base::Bytes(1 + below(600), static_cast<std::uint8_t>(below(256)));
            put(static_cast<std::uint32_t>(message.body.size()), 3);
            put(static_cast<std::uint32_t>(message.type), 1);
        }
        if (format == 0) {
            message.message_stream_id = below(5);
            put(message.message_stream_id << 24, 4);  // little endian
        }
        if (stream.extended) put(stream.field, 4);
        message.chunk_stream_id = stream.id;
        for (auto& byte : message.body) byte = static_cast<std::uint8_t>(random_());
        stream.used = true;
        stream.left = message.body;
    }

    void put_payload(Stream& stream) {
        auto const part = stream.left.first(std::min<std::size_t>(stream.left.size(), chunk_size_));
        wire.insert(wire.end(), part.begin(), part.end());
        stream.left = stream.left.subspan(part.size());
        if (stream.left.empty()) expected.push_back(stream.message);
    }

    void change_chunk_size() {
        chunk_size_ = 1 + below(300);
        auto const start = wire.size();
        append_message(wire, {MessageType::set_chunk_size, 2, 0, 0},
                       base::Bytes{0, 0, static_cast<std::uint8_t>(chunk_size_ >> 8),
                                   static_cast<std::uint8_t>(chunk_size_)},
                       kDefaultChunkSize);
        // Its own four bytes still travel in chunks of the old size.
        if (old_chunk_size_ < 4) {
            auto const body = base::Bytes(wire.end() - 4, wire.end());
            wire.resize(start + 12);
            for (std::size_t i = 0; i < 4; ++i) {
                if (i > 0 && i % old_chunk_size_ == 0) put(0xC2, 1);
                wire.push_back(body[i]);
            }
        }
        expected.push_back({1,
                            2,
                            0,
                            0,
                            {0, 0, static_cast<std::uint8_t>(chunk_size_ >> 8),
                             static_cast<std::uint8_t>(chunk_size_)}});
        old_chunk_size_ = chunk_size_;
    }

    std::mt19937 random_;
    std::vector<Stream> streams_;
    std::size_t chunk_size_ = kDefaultChunkSize;
    std::size_t old_chunk_size_ = kDefaultChunkSize;
};

TEST(ChunkInterleaving, IsUndoneForEveryLegalWayOfWriting) {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        RandomWriter writer(seed);
        writer.run(300);
        for (std::size_t const piece : {std::size_t{1}, std::size_t{seed}, writer.wire.size()}) {
            ChunkReader reader({});
            RecordingMessages sink;
            sink.reader = &reader;
            auto const fed = feed_in_pieces(
                writer.wire, piece, [&](base::ByteView bytes) { return reader.feed(bytes, sink); });
            ASSERT_TRUE(fed) << "seed " << seed << ": " << fed.error().text;
            ASSERT_EQ(sink.seen.size(), writer.expected.size()) << "seed " << seed;
            for (std::size_t i = 0; i < sink.seen.size(); ++i) {
                ASSERT_EQ(sink.seen[i], writer.expected[i]) << "seed " << seed << ", message " << i;
            }
        }
    }
}

}  // namespace
}  // namespace tidegate::rtmp::test
