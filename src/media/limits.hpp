// How large the media may be that the pipeline carries. RTMP, RTSP and the worker use the same
// limits, so that no protocol accepts a unit that the next one has to refuse. Bytes unless said
// otherwise. Plain constants; any thread.
#pragma once

#include <cstddef>

namespace tidegate::media {

// The largest RTMP message: the header has 24 bits for its length (RTMP 1.0 §5.3.1.2).
inline constexpr std::size_t kMaxMessage = (std::size_t{1} << 24) - 1;

// Room that is kept in an RTMP message for what stands before the unit. The longest FLV frame
// header has 8 bytes; 63 leaves a reserve and makes the sum below a round number.
inline constexpr std::size_t kMessageHeaderRoom = 63;

// The largest access unit. It must fit into one RTMP message: of all protocols, RTMP has the lowest
// limit. That is nearly 16 MiB; a 4K key frame at 400 Mbit/s has less than 11 MB.
inline constexpr std::size_t kMaxUnit = kMaxMessage - kMessageHeaderRoom;

// The largest number of NAL units in one access unit; it bounds the work for one unit. A picture of
// H.264 level 6.2 may have 600 slices.
inline constexpr std::size_t kMaxNalus = 1024;

// How much media may wait to be sent to a peer that must receive everything, such as the router as
// the worker's target. This is four units of the largest size, or two seconds at 256 Mbit/s.
inline constexpr std::size_t kMaxQueued = 4 * (kMaxUnit + kMessageHeaderRoom + 1);

}  // namespace tidegate::media
