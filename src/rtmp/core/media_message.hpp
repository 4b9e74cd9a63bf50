// Outgoing audio, video and data messages as they stand on the wire: made once, sent to every
// reader. RTMP 1.0 §5.3.1. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"
#include "rtmp/core/limits.hpp"
#include "rtmp/core/message.hpp"

namespace tidegate::rtmp {

// Where messages of a kind travel; MediaMTX's numbers, the same for every reader so that bytes can
// be shared.
inline constexpr std::uint32_t kAudioChunkStream = 4;
inline constexpr std::uint32_t kDataChunkStream = 4;
inline constexpr std::uint32_t kStatusChunkStream = 5;
inline constexpr std::uint32_t kVideoChunkStream = 6;
inline constexpr std::uint32_t kMessageStream = 1;

struct MessageHeader {
    MessageType type;
    std::uint32_t chunk_stream_id;  // 2..65599
    std::uint32_t message_stream_id = kMessageStream;
    std::uint32_t timestamp = 0;  // ms, low 32 bits
};

inline MessageHeader video_header(std::int64_t timestamp_ms) {
    return {MessageType::video, kVideoChunkStream, kMessageStream,
            static_cast<std::uint32_t>(timestamp_ms)};
}
inline MessageHeader audio_header(std::int64_t timestamp_ms) {
    return {MessageType::audio, kAudioChunkStream, kMessageStream,
            static_cast<std::uint32_t>(timestamp_ms)};
}

// One allocation: a type-0 chunk (independent of what was sent before), then type-3 chunks every
// chunk_size bytes, an extended timestamp repeated on each. The body is the parts in order (FLV tag
// head, payload ...). Readers must have been told chunk_size (ServerSession and ClientSession
// announce kOutgoingChunkSize).
base::SharedBytes write_media_message(MessageHeader const& header,
                                      std::span<base::ByteView const> parts,
                                      std::uint32_t chunk_size = kOutgoingChunkSize);
base::SharedBytes write_media_message(MessageHeader const& header, base::ByteView prefix,
                                      base::ByteView payload,
                                      std::uint32_t chunk_size = kOutgoingChunkSize);

// The bytes in front of a payload that is sent from where it lies, so that it need not be copied;
// empty when the body does not fit one chunk and its inner chunk heads make the copy necessary.
base::SharedBytes write_message_head(MessageHeader const& header, base::ByteView prefix,
                                     std::size_t payload_size,
                                     std::uint32_t chunk_size = kOutgoingChunkSize);

// The same bytes appended to a buffer: commands and control messages.
void append_message(base::Bytes& out, MessageHeader const& header, base::ByteView body,
                    std::uint32_t chunk_size);

}  // namespace tidegate::rtmp
