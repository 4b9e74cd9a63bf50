// Joins chunks to messages (RTMP 1.0 §5.3). This is the hot path of ingest: a payload is copied
// once, from the caller's buffer into the message's own bytes, and a chunk costs no allocation.
// Memory is used for bytes that have arrived, never for a size that a header declares. One per
// connection, used by one thread at a time; no clock.
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
    // Receives each message from inside feed(). It may call set_chunk_size() and abort(). Messages
    // without a body do not come here.
    virtual Result on_message(Message&& message) = 0;

protected:
    ~MessageSink() = default;
};

class ChunkReader {
public:
    explicit ChunkReader(Limits const& limits) : limits_(limits) {}

    // Consumes all of the bytes. After an error the reader must not be used any more.
    Result feed(base::ByteView bytes, MessageSink& sink);
    // Fetches into the cache what feed() will use beside the object itself.
    void prefetch() const {
        base::prefetch(streams_.data(), streams_.size() * sizeof(ChunkStream));
    }

    // Set Chunk Size (§5.4.1), for the next chunk and those after it. A size above the limit counts
    // as the limit. An error for 0 and for a size whose highest bit is set.
    Result set_chunk_size(std::uint32_t size);
    // Whether the peer is authorized to publish or play. Until then its unfinished messages may use
    // little memory (max_unauthorized_partial_bytes).
    void set_authorized(bool authorized) { authorized_ = authorized; }
    // The caller keeps a finished message of this size until the peer is authorized. It counts like
    // an unfinished one until then.
    void count_early(std::size_t bytes) { early_bytes_ += bytes; }
    // How many bytes are kept for unfinished messages.
    std::size_t unfinished_bytes() const { return partial_bytes_; }
    // Abort Message (§5.4.2): drops the unfinished message of a chunk stream, if there is one.
    void abort(std::uint32_t chunk_stream_id);

private:
    struct ChunkStream {
        std::uint32_t id = 0;
        std::uint8_t type = 0;
        bool extended = false;  // the last message header had an extended timestamp
        std::uint32_t length = 0;
        std::uint32_t message_stream_id = 0;
        std::uint32_t timestamp = 0;
        std::uint32_t delta = 0;            // a type-3 header that starts a message adds it again
        std::uint32_t timestamp_field = 0;  // as it was sent last: a type-3 chunk repeats it
        std::uint32_t remaining = 0;        // of the message in progress; 0: none
        std::size_t reserved = 0;
        base::SharedBytesBuilder body;
    };
    struct Header {
        std::uint8_t format = 0;
        std::uint32_t chunk_stream_id = 0;
        std::size_t size = 0;  // of the header in bytes; 0: more bytes are needed
        std::uint32_t timestamp_field = 0;
        bool extended = false;
        base::ByteView fields;  // the message header of types 0 to 2
    };
    // Whether the peer repeats the extended timestamp in type-3 chunks. The specification says so,
    // but not all peers do.
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

    // The basic header has up to 3 bytes, the message header 11, the extended timestamp 4.
    static constexpr std::size_t kMaxHeaderSize = 18;

    Limits limits_;
    std::uint32_t chunk_size_ = kDefaultChunkSize;
    std::uint32_t chunk_remaining_ = 0;  // payload bytes of the current chunk still to come
    std::size_t current_ = 0;            // index of the current chunk's stream
    std::vector<ChunkStream> streams_;
    // By chunk stream id below 64: the index into streams_ plus 1; 0: there is no such stream yet.
    std::array<std::uint16_t, 64> slots_{};
    std::size_t partial_bytes_ = 0;
    std::size_t early_bytes_ = 0;
    bool authorized_ = true;
    ExtendedHabit extended_habit_ = ExtendedHabit::unknown;
    std::array<std::uint8_t, kMaxHeaderSize>
        stash_{};  // the start of a header that continues in the next feed()
    std::size_t stash_size_ = 0;
};

}  // namespace tidegate::rtmp
