// Limits that several layers must share: what one of them accepts, the next must accept too. Plain
// constants; any thread.
#pragma once

#include <cstddef>

namespace tidegate::base {

// Memory that one connection may use before its peer is authorized: bodies, headers and unfinished
// messages together. 16,000 such connections then use at most a gigabyte. A connect command, an
// ANNOUNCE with its description and the body of a hook are all far smaller.
inline constexpr std::size_t kMaxEarlyBytes = 64 * 1024;

// An RTMP publisher's tcUrl and its stream key may each have this many bytes. FFmpeg cuts both at
// 1,024, but a token in a query may have 4 KiB. RTSP allows shorter URLs only.
inline constexpr std::size_t kMaxAddressBytes = 8 * 1024;

// The longest query of an RTMP publisher, in bytes: the query of its tcUrl and that of its stream
// key, joined by '&'. It is no longer than one of the two may be: a hook's body
// (orchestrator/io/http) has no room for twice as much when JSON escapes every byte.
inline constexpr std::size_t kMaxQueryBytes = kMaxAddressBytes;

// The longest query in a hook's body once its JSON is decoded. mtx-hook replaces each byte that is
// not UTF-8 by its percent-escape, which has three bytes.
inline constexpr std::size_t kMaxHookQueryBytes = 3 * kMaxQueryBytes;

// JSON writes a control character as \u001f, which is six bytes. No other byte gets longer.
inline constexpr std::size_t kMaxJsonEscapeBytes = 6;

}  // namespace tidegate::base
