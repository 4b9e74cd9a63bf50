// Opus packets (RFC 6716 §3) and their identification header (RFC 7845 §5.1). Pure; any thread.
#pragma once

#include <expected>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// The longest packet: 120 ms.
inline constexpr base::Timestamp kMaxOpusPacket = std::chrono::milliseconds(120);

std::expected<OpusConfig, Error> parse_opus_head(base::ByteView head);
base::Bytes write_opus_head(OpusConfig const& config);

// From the table-of-contents byte; an empty packet, no frames, or more than 120 ms are errors.
std::expected<base::Timestamp, Error> opus_packet_duration(base::ByteView packet);

}  // namespace tidegate::media
