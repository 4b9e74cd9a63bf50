// The one set of limits on what is carried. RTMP, RTSP and the worker all keep to it, so what one
// protocol takes is never refused by the next. Bytes unless said otherwise.
#pragma once

#include <cstddef>

namespace tidegate::media {

// The largest RTMP message that its 24-bit length can tell of (RTMP 1.0 §5.3.1.2).
inline constexpr std::size_t kMaxMessage = (std::size_t{1} << 24) - 1;

// What RTMP puts before a unit within the same message, rounded up: FLV's longest frame header has
// 8 bytes.
inline constexpr std::size_t kMessageHeaderRoom = 63;

// One access unit: as much as fits any protocol's framing, 16 MiB less RTMP's header. A 4K intra
// picture at 400 Mbit/s stays below 11 MB.
inline constexpr std::size_t kMaxUnit = kMaxMessage - kMessageHeaderRoom;

// NAL units in one access unit: a picture of level 6.2 may have 600 slices. Bounds the work for a
// unit.
inline constexpr std::size_t kMaxNalus = 1024;

// Media that may wait for one peer that is to keep up: some of the largest units, or two seconds at
// 256 Mbit/s.
inline constexpr std::size_t kMaxQueued = 4 * (kMaxUnit + kMessageHeaderRoom + 1);

}  // namespace tidegate::media
