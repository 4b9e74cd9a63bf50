// The limits of the RTSP layer, each with its reason. Bytes unless said otherwise. Plain constants;
// any thread.
#pragma once

#include <cstddef>

namespace tidegate::rtsp {

// The limits of gortsplib, the RTSP library of MediaMTX. Clients need far less.
inline constexpr std::size_t kMaxUrl = 2048;
inline constexpr std::size_t kMaxHeaders = 255;
inline constexpr std::size_t kMaxHeaderName = 512;
inline constexpr std::size_t kMaxHeaderValue = 2048;
inline constexpr std::size_t kMaxBody = 128 * 1024;

// The longest method in use has 13 letters; what has more than this is not RTSP.
inline constexpr std::size_t kMaxMethod = 64;

// The start line and all headers together. 255 headers of the largest size would be 650 KB; real
// messages have less than 4 KB.
inline constexpr std::size_t kMaxHead = 64 * 1024;

// CR and LF in front of a message. Some clients send one pair as a keep-alive.
inline constexpr std::size_t kMaxBlankBytes = 64;

// Input that waits until the request before it has been answered. A client that pipelines sends a
// few small requests.
inline constexpr std::size_t kMaxBacklog = 256 * 1024;

// How many m= lines of a description are read: no encoder announces more. It is media::kMaxTracks.
inline constexpr std::size_t kMaxMedias = 16;

// How many formats of one m= line are read. Browsers list about twenty, cameras one or two.
inline constexpr std::size_t kMaxFormats = 32;

// The name of a codec in a=rtpmap. The longest registered name has 28 characters.
inline constexpr std::size_t kMaxEncodingName = 64;

// How many lines of a description are read: it bounds the work for 128 KiB of very short lines.
inline constexpr std::size_t kMaxSdpLines = 2048;

// How many alternatives one Transport header may have. Clients send one to four.
inline constexpr std::size_t kMaxTransports = 16;

// How many parameters one Authorization or WWW-Authenticate header may have. RFC 7616 defines
// twelve.
inline constexpr std::size_t kMaxAuthParameters = 32;

// How often a client repeats a request with credentials: once after a challenge, and once more when
// the server says that the nonce was stale.
inline constexpr int kMaxAuthAttempts = 2;

// How many requests of a client may wait for their answers. Some servers answer no keep-alive while
// media flows; what waits for them must not grow without end.
inline constexpr std::size_t kMaxUnanswered = 64;

// The timeout in the Session header. MediaMTX announces 55 s and closes after 60 s.
inline constexpr int kSessionTimeoutSeconds = 55;

}  // namespace tidegate::rtsp
