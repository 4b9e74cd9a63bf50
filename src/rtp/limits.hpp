// Every size limit of the RTP layer alone, each with its reason; what a unit may be stands in
// media/limits.hpp. Bytes unless said otherwise.
#pragma once

#include <cstddef>

namespace tidegate::rtp {

// Fixed part of an RTP header (RFC 3550 §5.1); what is written here never has CSRCs or extensions.
inline constexpr std::size_t kHeaderSize = 12;

// `$`, channel, 16-bit length (RFC 2326 §10.12).
inline constexpr std::size_t kInterleavedHeaderSize = 4;

// MediaMTX's payload limit: udpMaxPayloadSize 1452 minus the RTP header, used over TCP as well.
inline constexpr std::size_t kMaxPayload = 1440;

// Reports in one compound RTCP packet that are looked at: a few sources per connection, never
// hundreds.
inline constexpr std::size_t kMaxRtcpPackets = 32;

// Pictures a decoder may have to hold back: the largest value that H.264 and H.265 allow.
inline constexpr std::size_t kMaxReorderDepth = 16;

// A jump of the sequence number above it is a new start of the source, not loss (RFC 3550 A.1).
inline constexpr unsigned kMaxDropout = 3000;

// A sequence number at most this far back is a late or repeated packet (RFC 3550 A.1).
inline constexpr unsigned kMaxMisorder = 100;

}  // namespace tidegate::rtp
