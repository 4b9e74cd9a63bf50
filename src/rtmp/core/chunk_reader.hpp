// Joins chunks to messages (RTMP 1.0 §5.3): the hot path of ingest. Payload is copied once, from
// the caller's buffer into the message's own bytes; a chunk costs no allocation. Memory follows
// what arrived, never what a header declares. One thread; no clock.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/cache_line.hpp"
#include "base/shared_bytes.hpp"
#include "rtmp/core/error.hpp"
#include "rtmp/core/limits.hpp"
#include "rtmp/core/message.hpp"

namespace tidegate::rtmp {

class MessageSink {
public:
    // May call set_chunk_size() and abort() of the reader that calls it. Empty messages do not
    // arrive here.
    virtual Result on_message(Message&& message) = 0;

protected:
    ~MessageSink() = default;
};

class ChunkReader {
public:
    explicit ChunkReader(Limits const& limits) : limits_(limits) {}

    // Consumes all bytes. After an error the reader must not be fed again.
    Result feed(base::ByteView bytes, MessageSink& sink);
    // Fetches what feed() will touch beside the object itself.
    void prefetch() const {
        base::prefetch(streams_.data(), streams_.size() * sizeof(ChunkStream));
    }

    // Set Chunk Size (§5.4.1), in force from the next chunk on; more than the longest message is
    // taken as that. Fails on 0 and on a set sign bit.
    Result set_chunk_size(std::uint32_t size);
    // Whether the peer has been let in: strangers may leave only little unfinished.
    void set_trusted(bool trusted) { trusted_ = trusted; }
    // A stranger's message is kept elsewhere: it counts as if it were unfinished.
    void count_early(std::size_t bytes) { early_bytes_ += bytes; }
    // What is kept for unfinished messages.
    std::size_t unfinished_bytes() const { return partial_bytes_; }
    // Abort Message (§5.4.2); an unknown chunk stream is ignored.
    void abort(std::uint32_t chunk_stream_id);

private:
    struct ChunkStream {
        std::uint32_t id = 0;
        std::uint8_t type = 0;
        bool extended = false;  // the last message header carried an extended timestamp
        std::uint32_t length = 0;
        std::uint32_t message_stream_id = 0;
        std::uint32_t timestamp = 0;
        std::uint32_t delta = 0;            // a type-3 header that starts a message adds it again
        std::uint32_t timestamp_field = 0;  // as sent last: what a type-3 chunk repeats
        std::uint32_t remaining = 0;        // of the message in progress; 0: none
        std::size_t reserved = 0;
        base::SharedBytesBuilder body;
    };
    struct Header {
        std::uint8_t format = 0;
        std::uint32_t chunk_stream_id = 0;
        std::size_t size = 0;  // 0: more bytes are needed
        std::uint32_t timestamp_field = 0;
        bool extended = false;
        base::ByteView fields;  // message header of types 0..2
    };
    // Peers differ in whether type-3 chunks repeat the extended timestamp (the specification says
    // they do).
    enum class ExtendedHabit : std::uint8_t { unknown, repeated, left_out };

    Result read_header(base::ByteView& bytes, MessageSink& sink);
    Result read_stashed_header(base::ByteView& bytes, MessageSink& sink);
    Result read_payload(base::ByteView& bytes, MessageSink& sink);
    Header parse_header(base::ByteView bytes);
    void parse_repeated_timestamp(base::ByteView bytes, Header& header);
    Result begin_chunk(Header const& header);
    Result begin_message(ChunkStream& stream, Header const& header);
    Result reserve(ChunkStream& stream, std::size_t count);
    Result finish_message(ChunkStream& stream, MessageSink& sink);
    ChunkStream* find(std::uint32_t id);

    // Basic header 3, message header 11, extended timestamp 4.
    static constexpr std::size_t kMaxHeaderSize = 18;

    Limits limits_;
    std::uint32_t chunk_size_ = kDefaultChunkSize;
    std::uint32_t chunk_remaining_ = 0;  // payload bytes of the current chunk still to come
    std::size_t current_ = 0;            // index of the current chunk's stream
    std::vector<ChunkStream> streams_;
    std::array<std::uint16_t, 64> slots_{};  // index + 1 by chunk stream id below 64
    std::size_t partial_bytes_ = 0;
    std::size_t early_bytes_ = 0;
    bool trusted_ = true;
    ExtendedHabit extended_habit_ = ExtendedHabit::unknown;
    std::array<std::uint8_t, kMaxHeaderSize> stash_{};  // a header cut off by the end of a feed
    std::size_t stash_size_ = 0;
};

}  // namespace tidegate::rtmp
