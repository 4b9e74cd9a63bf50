// Every limit of the RTSP layer, each with its reason. Bytes unless said otherwise.
#pragma once

#include <cstddef>

namespace tidegate::rtsp {

// gortsplib's limits, which every client in use stays far below (contract §7.1).
inline constexpr std::size_t kMaxUrl = 2048;
inline constexpr std::size_t kMaxHeaders = 255;
inline constexpr std::size_t kMaxHeaderName = 512;
inline constexpr std::size_t kMaxHeaderValue = 2048;
inline constexpr std::size_t kMaxBody = 128 * 1024;

// The longest method that is a token somebody uses is 13; longer is not RTSP.
inline constexpr std::size_t kMaxMethod = 64;

// Start line and headers together: 255 headers of the largest size would be 650 KB, real ones stay
// below 4.
inline constexpr std::size_t kMaxHead = 64 * 1024;

// CR and LF between messages: some clients send one pair as a keep-alive.
inline constexpr std::size_t kMaxBlankBytes = 64;

// Pipelined input that waits for the answer to the request before it: a client sends a few small
// ones.
inline constexpr std::size_t kMaxBacklog = 256 * 1024;

// m= lines that are looked at: more than any encoder announces, and media::kMaxTracks.
inline constexpr std::size_t kMaxMedias = 16;

// Formats of one m= line that are looked at: browsers list most, about twenty, cameras one or two.
inline constexpr std::size_t kMaxFormats = 32;

// The name of a codec in rtpmap: the longest that is registered has 28 characters.
inline constexpr std::size_t kMaxEncodingName = 64;

// Attributes per SDP: bounds the work that 128 KiB of two-byte lines can cause.
inline constexpr std::size_t kMaxSdpLines = 2048;

// Alternatives in one Transport header: clients send one to four.
inline constexpr std::size_t kMaxTransports = 16;

// Parameters in one Authorization or WWW-Authenticate header: RFC 7616 defines twelve.
inline constexpr std::size_t kMaxAuthParameters = 32;

// The client's authentication attempts per request: one challenge, and one more when the nonce is
// stale.
inline constexpr int kMaxAuthAttempts = 2;

// Shown in the Session header; MediaMTX closes after 60 s and announces 5 less.
inline constexpr int kSessionTimeoutSeconds = 55;

}  // namespace tidegate::rtsp
