// RTMP messages (RTMP 1.0 §5.4, §7.1): as ChunkReader joins them, and the media messages that both
// sessions give to their caller. Plain values; any thread. Timestamps are milliseconds of the
// sender's clock.
#pragma once

#include <cstdint>

#include "base/shared_bytes.hpp"

namespace tidegate::rtmp {

enum class MessageType : std::uint8_t {
    set_chunk_size = 1,
    abort = 2,
    acknowledgement = 3,
    user_control = 4,
    window_ack_size = 5,
    set_peer_bandwidth = 6,
    audio = 8,
    video = 9,
    data_amf3 = 15,
    command_amf3 = 17,
    data_amf0 = 18,
    command_amf0 = 20,
    aggregate = 22,
};

// A chunk header whose 24-bit timestamp field has this value continues with the timestamp in 32
// bits (§5.3.1.3).
inline constexpr std::uint32_t kExtendedMark = 0xFFFFFF;

// A whole message.
struct Message {
    MessageType type;  // any byte, also one without a name: compare it, never use it as an index
    std::uint32_t chunk_stream_id = 0;
    std::uint32_t message_stream_id = 0;
    std::uint32_t timestamp = 0;  // 32 bits, absolute: deltas are added already
    base::SharedBytes body;
};

// An audio or video message: its body is that of an FLV tag, as the peer sent it (flv/tag.hpp).
struct MediaMessage {
    bool video = false;
    // In 64 bits, so it does not wrap at 2^32. It goes back when the peer's clock goes back.
    std::int64_t timestamp_ms = 0;
    base::SharedBytes body;  // never empty
};

}  // namespace tidegate::rtmp
