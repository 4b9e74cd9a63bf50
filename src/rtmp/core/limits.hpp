// How much memory and work one RTMP connection may cost, each limit with its reason. Sizes are
// bytes. Plain values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"
#include "media/limits.hpp"

namespace tidegate::rtmp {

// The chunk size of both sides until a Set Chunk Size message (RTMP 1.0 §5.4.1).
inline constexpr std::uint32_t kDefaultChunkSize = 128;

// The chunk size that we announce and use. Nearly every audio message and most video messages fit
// into one chunk of it.
inline constexpr std::uint32_t kOutgoingChunkSize = 65536;

// The acknowledgement window that we announce; MediaMTX announces the same.
inline constexpr std::uint32_t kWindowAckSize = 2'500'000;

struct Limits {
    // A larger chunk size counts as this one: a chunk is never longer than a message can be
    // (§5.4.1). Memory is used only for bytes that arrive.
    std::uint32_t max_chunk_size = media::kMaxMessage;
    // The largest message: what the length field can express.
    std::uint32_t max_message_size = media::kMaxMessage;
    // All unfinished messages together: one of the largest size and some ordinary ones.
    std::size_t max_partial_bytes = media::kMaxMessage + 4 * 1024 * 1024;
    // The same until the peer is authorized. Media that it sent with its publish or after it
    // counts, too, because it is kept until then. Commands need a few KiB.
    std::size_t max_unauthorized_partial_bytes = base::kMaxEarlyBytes;
    // Chunk streams per connection; real clients use at most eight.
    std::size_t max_chunk_streams = 64;
    // A command is turned into a tree of values. The longest connect is far smaller; a hostile
    // command must not use much memory.
    std::size_t max_command_bytes = 64 * 1024;
    // onMetaData. A larger one is ignored unread: encoders have put pictures into it.
    std::size_t max_metadata_bytes = 256 * 1024;
    // Commands on one connection. A player may pause and seek for days; a peer that sends millions
    // of commands is an attacker.
    std::uint32_t max_commands = 100'000;
    // Streams created on one connection. One is used; some players create more than they use.
    std::uint32_t max_created_streams = 32;
    // tcUrl and the key, each (base/limits.hpp).
    std::size_t max_address_bytes = 8 * 1024;
    // Messages inside one aggregate message. One of some seconds has a few hundred.
    std::size_t max_aggregate_parts = 4096;
    // Replies that wait because the peer does not read. A peer that causes more is flooding us.
    std::size_t max_output_bytes = 256 * 1024;
    // When more output than this waits, pings are not answered, so that pings cannot fill it.
    std::size_t max_pong_backlog = 4 * 1024;
    // At most one acknowledgement is sent for this many bytes, however small the peer's window.
    std::uint32_t min_ack_window = 16 * 1024;
};

}  // namespace tidegate::rtmp
