// Protocol control messages (RTMP 1.0 §5.4) and user control messages (§6.2, §7.1.7), read and
// written. They always travel on chunk stream 2 and message stream 0. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <expected>

#include "base/bytes.hpp"
#include "rtmp/core/error.hpp"
#include "rtmp/core/message.hpp"

namespace tidegate::rtmp {

enum class UserControl : std::uint16_t {
    stream_begin = 0,
    stream_eof = 1,
    set_buffer_length = 3,
    stream_is_recorded = 4,
    ping_request = 6,
    ping_response = 7,
};

struct UserControlEvent {
    UserControl event;    // any 16-bit value, also one without a name
    base::ByteView data;  // a view into the message's body
};

// The 32-bit field with which message types 1, 2, 3, 5 and 6 begin.
std::expected<std::uint32_t, Error> read_control(base::ByteView body);
std::expected<UserControlEvent, Error> read_user_control(base::ByteView body);

// Each appends a whole message. type: set_chunk_size, acknowledgement or window_ack_size.
void append_control(base::Bytes& out, MessageType type, std::uint32_t value);
void append_peer_bandwidth(base::Bytes& out, std::uint32_t window);  // limit type 2: dynamic
void append_user_control(base::Bytes& out, UserControl event, base::ByteView data);
void append_user_control(base::Bytes& out, UserControl event, std::uint32_t message_stream_id);

}  // namespace tidegate::rtmp
