// What one RTMP connection may cost us, each with its reason. Plain values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/early_limit.hpp"
#include "media/limits.hpp"

namespace tidegate::rtmp {

// Chunk size of both sides until a Set Chunk Size (RTMP 1.0 §5.4.1).
inline constexpr std::uint32_t kDefaultChunkSize = 128;

// Chunk size we announce and write: nearly every audio and most video messages are one chunk.
inline constexpr std::uint32_t kOutgoingChunkSize = 65536;

// The window we announce to the peer; the value MediaMTX announces.
inline constexpr std::uint32_t kWindowAckSize = 2'500'000;

struct Limits {
    // A larger chunk size is taken as this one: a chunk is never longer than a message can be
    // (§5.4.1), and memory follows what arrives.
    std::uint32_t max_chunk_size = media::kMaxMessage;
    // Largest message: whatever the length field can tell of.
    std::uint32_t max_message_size = media::kMaxMessage;
    // Memory of all unfinished messages together: one largest message beside ordinary ones.
    std::size_t max_partial_bytes = media::kMaxMessage + 4 * 1024 * 1024;
    // The same until the peer has been let in, with the media that came before: what one read may
    // bring behind publish. Commands need a few KiB.
    std::size_t max_strangers_partial_bytes = base::kMaxEarlyBytes;
    // Chunk streams with state; real clients use at most eight.
    std::size_t max_chunk_streams = 64;
    // Commands are read into trees: far above the longest connect, far below a memory bomb.
    std::size_t max_command_bytes = 64 * 1024;
    // onMetaData is decoded; bigger ones (encoders have put pictures there) are ignored unread.
    std::size_t max_metadata_bytes = 256 * 1024;
    // Commands on one connection: createStream x 10^6 is no client. A player may pause and seek for
    // days.
    std::uint32_t max_commands = 100'000;
    // Streams created on one connection: one is used, some players create spares.
    std::uint32_t max_created_streams = 32;
    // tcUrl and key, each: FFmpeg cuts at 1,024; tokens in a query may be 4 KiB.
    std::size_t max_address_bytes = 8 * 1024;
    // Messages inside one aggregate: an aggregate of some seconds holds a few hundred.
    std::size_t max_aggregate_parts = 4096;
    // Replies that wait because the peer does not read: more is a flood of requests.
    std::size_t max_output_bytes = 256 * 1024;
    // Above this much waiting output pings stay unanswered (a flood must not fill the output).
    std::size_t max_pong_backlog = 4 * 1024;
    // Acknowledgements are sent at most once per so many bytes, however small the peer's window.
    std::uint32_t min_ack_window = 16 * 1024;
};

}  // namespace tidegate::rtmp
