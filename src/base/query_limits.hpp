// How long a publisher's query may be, from the address that the router takes to the hook's body
// that media-service takes: what the one accepts, the other must accept too. Plain values; any
// thread.
#pragma once

#include <cstddef>

namespace tidegate::base {

// tcUrl and key of an RTMP publisher, each: FFmpeg cuts at 1,024; tokens in a query may be 4 KiB.
// RTSP's URLs are shorter.
inline constexpr std::size_t kMaxAddressBytes = 8 * 1024;

// The queries of both, joined by '&': as much again would not fit a hook's body in the worst case.
inline constexpr std::size_t kMaxQueryBytes = kMaxAddressBytes;

// mtx-hook writes a byte that is not UTF-8 as its percent-escape, which has three.
inline constexpr std::size_t kMaxHookQueryBytes = 3 * kMaxQueryBytes;

// JSON writes a control character as \u001f, and no byte longer.
inline constexpr std::size_t kMaxJsonEscapeBytes = 6;

}  // namespace tidegate::base
