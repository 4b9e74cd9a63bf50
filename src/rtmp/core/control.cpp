#include "rtmp/core/control.hpp"

#include "rtmp/core/media_message.hpp"

namespace tidegate::rtmp {

namespace {

constexpr std::uint32_t kControlChunkStream = 2;
constexpr std::uint8_t kDynamicBandwidth = 2;

void append(base::Bytes& out, MessageType type, base::ByteView body) {
    append_message(out, {type, kControlChunkStream, 0, 0}, body, kDefaultChunkSize);
}

}  // namespace

std::expected<std::uint32_t, Error> read_control(base::ByteView body) {
    base::ByteReader reader(body);
    auto const value = reader.u32();
    if (reader.failed()) return fail(ErrorCode::message, "invalid body size");
    return value;
}

std::expected<UserControlEvent, Error> read_user_control(base::ByteView body) {
    base::ByteReader reader(body);
    auto const event = static_cast<UserControl>(reader.u16());
    if (reader.failed()) return fail(ErrorCode::message, "invalid body size");
    return UserControlEvent{event, reader.rest()};
}

void append_control(base::Bytes& out, MessageType type, std::uint32_t value) {
    base::Bytes body;
    base::ByteWriter(body).u32(value);
    append(out, type, body);
}

void append_peer_bandwidth(base::Bytes& out, std::uint32_t window) {
    base::Bytes body;
    base::ByteWriter writer(body);
    writer.u32(window);
    writer.u8(kDynamicBandwidth);
    append(out, MessageType::set_peer_bandwidth, body);
}

void append_user_control(base::Bytes& out, UserControl event, base::ByteView data) {
    base::Bytes body;
    base::ByteWriter writer(body);
    writer.u16(static_cast<std::uint16_t>(event));
    writer.bytes(data);
    append(out, MessageType::user_control, body);
}

void append_user_control(base::Bytes& out, UserControl event, std::uint32_t message_stream_id) {
    base::Bytes data;
    base::ByteWriter(data).u32(message_stream_id);
    append_user_control(out, event, data);
}

}  // namespace tidegate::rtmp
