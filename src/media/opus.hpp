// Opus packets (RFC 6716 §3) and the identification header of Opus (RFC 7845 §5.1). Pure functions;
// any thread.
#pragma once

#include <expected>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// The longest sound that one packet may hold.
inline constexpr base::Timestamp kMaxOpusPacket = std::chrono::milliseconds(120);

std::expected<OpusConfig, Error> parse_opus_head(base::ByteView head);
base::Bytes write_opus_head(OpusConfig const& config);

// How long the packet's sound is, by its table-of-contents byte. An empty packet, a packet without
// frames and one of more than kMaxOpusPacket are errors.
std::expected<base::Timestamp, Error> opus_packet_duration(base::ByteView packet);

}  // namespace tidegate::media
