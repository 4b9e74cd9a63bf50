// Writes messages as chunks, the bytes that go over the network (RTMP 1.0 §5.3.1). A media message
// is written once and its bytes are sent to every reader. (The message that a session receives,
// MediaMessage, is in message.hpp.) Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"
#include "rtmp/core/limits.hpp"
#include "rtmp/core/message.hpp"

namespace tidegate::rtmp {

// The chunk stream ids and the message stream id of what we send. They are MediaMTX's numbers, and
// the same for every reader, so that all readers can get the same bytes.
inline constexpr std::uint32_t kAudioChunkStream = 4;
inline constexpr std::uint32_t kDataChunkStream = 4;
inline constexpr std::uint32_t kStatusChunkStream = 5;
inline constexpr std::uint32_t kVideoChunkStream = 6;
// Of commands about a connection, and of the replies to them; what the clients use themselves.
inline constexpr std::uint32_t kCommandChunkStream = 3;
inline constexpr std::uint32_t kMessageStream = 1;

struct MessageHeader {
    MessageType type;
    std::uint32_t chunk_stream_id;  // 2 to 65599
    std::uint32_t message_stream_id = kMessageStream;
    std::uint32_t timestamp = 0;  // the low 32 bits of a time in milliseconds
};

inline MessageHeader video_header(std::int64_t timestamp_ms) {
    return {MessageType::video, kVideoChunkStream, kMessageStream,
            static_cast<std::uint32_t>(timestamp_ms)};
}
inline MessageHeader audio_header(std::int64_t timestamp_ms) {
    return {MessageType::audio, kAudioChunkStream, kMessageStream,
            static_cast<std::uint32_t>(timestamp_ms)};
}

// A whole message in one allocation. Its body is made of the parts in their order, e.g. the FLV
// frame header and the payload. The first chunk has the full header (type 0), so it does not depend
// on what was sent before; type-3 chunks follow every chunk_size bytes, and each repeats an
// extended timestamp. The readers must know chunk_size: ServerSession and ClientSession announce
// kOutgoingChunkSize.
base::SharedBytes write_media_message(MessageHeader const& header,
                                      std::span<base::ByteView const> parts,
                                      std::uint32_t chunk_size = kOutgoingChunkSize);
base::SharedBytes write_media_message(MessageHeader const& header, base::ByteView prefix,
                                      base::ByteView payload,
                                      std::uint32_t chunk_size = kOutgoingChunkSize);

// The bytes in front of a payload that the caller sends from where it lies, so that it is not
// copied: chunk header and prefix. Empty when the body does not fit into one chunk: chunk headers
// must then stand inside the body, and write_media_message() is needed.
base::SharedBytes write_message_head(MessageHeader const& header, base::ByteView prefix,
                                     std::size_t payload_size,
                                     std::uint32_t chunk_size = kOutgoingChunkSize);

// Appends a whole message to a buffer. For commands and control messages.
void append_message(base::Bytes& out, MessageHeader const& header, base::ByteView body,
                    std::uint32_t chunk_size);

}  // namespace tidegate::rtmp
