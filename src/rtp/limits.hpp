// Sizes and limits of the RTP layer, each with its reason. How large a unit may be stands in
// media/limits.hpp. Bytes unless said otherwise. Plain constants; any thread.
#pragma once

#include <cstddef>

namespace tidegate::rtp {

// The fixed part of an RTP header (RFC 3550 §5.1). We write packets without CSRCs and extensions,
// so it is our whole header.
inline constexpr std::size_t kHeaderSize = 12;

// What stands in front of an interleaved frame: `$`, the channel, a 16-bit length (RFC 2326
// §10.12).
inline constexpr std::size_t kInterleavedHeaderSize = 4;

// The largest payload of a packet that we write. It is MediaMTX's udpMaxPayloadSize (1452) minus
// the RTP header; MediaMTX uses it over TCP as well.
inline constexpr std::size_t kMaxPayload = 1440;

// How many reports of one compound RTCP packet are read. A connection has a few sources, never
// hundreds.
inline constexpr std::size_t kMaxRtcpPackets = 32;

// A sequence number further ahead than this means that the source has started anew; it does not
// count as loss (RFC 3550 §A.1).
inline constexpr unsigned kMaxDropout = 3000;

// A sequence number at most this far back belongs to a late or repeated packet (RFC 3550 §A.1).
inline constexpr unsigned kMaxMisorder = 100;

}  // namespace tidegate::rtp
