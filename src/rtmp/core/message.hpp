// Messages as they leave the chunk layer, and the media messages both sessions hand to their
// caller. RTMP 1.0 §5.4, §7.1. Plain values; any thread. Timestamps are milliseconds of the
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

// A whole message with its 32-bit wire timestamp (deltas already applied).
struct Message {
    MessageType type;  // any byte: compare, never index
    std::uint32_t chunk_stream_id = 0;
    std::uint32_t message_stream_id = 0;
    std::uint32_t timestamp = 0;
    base::SharedBytes body;
};

// One FLV audio or video tag body as the peer sent it.
struct MediaMessage {
    bool video = false;
    // 64 bits: goes on through the wrap at 2^32; goes back when the peer's clock goes back.
    std::int64_t timestamp_ms = 0;
    base::SharedBytes body;  // never empty
};

}  // namespace tidegate::rtmp
