// Every size limit of the RTP layer, each with its reason. Bytes unless said otherwise.
#pragma once

#include <cstddef>

namespace tidegate::rtp {

// Fixed part of an RTP header (RFC 3550 §5.1); what is written here never has CSRCs or extensions.
inline constexpr std::size_t kHeaderSize = 12;

// `$`, channel, 16-bit length (RFC 2326 §10.12).
inline constexpr std::size_t kInterleavedHeaderSize = 4;

// MediaMTX's payload limit: udpMaxPayloadSize 1452 minus the RTP header, used over TCP as well.
inline constexpr std::size_t kMaxPayload = 1440;

// An access unit under reassembly: a 4K intra picture stays below 4 MiB; FU-A without an end does
// not.
inline constexpr std::size_t kMaxReassembly = 8 * 1024 * 1024;

// NAL units in one access unit: a level 6.2 picture may have 600 slices; bounds the work per unit.
inline constexpr std::size_t kMaxNalusPerUnit = 1024;

// Units above it are not packetised: the RTMP layer's message limit, so that a train stays below
// 2^16 packets.
inline constexpr std::size_t kMaxUnitSize = 16 * 1024 * 1024;

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
