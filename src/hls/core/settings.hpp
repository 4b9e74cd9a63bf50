// What a muxer of HLS is told: the form of its output, and the tracks that it gets. Plain values;
// any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.hpp"
#include "media/track.hpp"

namespace tidegate::hls {

// Unix time. For EXT-X-PROGRAM-DATE-TIME.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

enum class Variant : std::uint8_t {
    low_latency,  // fragmented MP4, and each segment in parts (RFC 8216bis §B.1)
    fmp4,         // fragmented MP4 in whole segments
    mpegts,       // MPEG transport stream: H.264 and AAC, one of each at most
};

// MediaMTX's hls* keys; the defaults are its.
struct Settings {
    Variant variant = Variant::low_latency;
    std::size_t segment_count = 7;  // how many segments a playlist lists
    base::Timestamp segment_duration = std::chrono::seconds(1);
    base::Timestamp part_duration = std::chrono::milliseconds(200);
    std::uint64_t segment_max_size = 50ULL * 1024 * 1024;
    // 12 lower-case hex digits that no other muxer has: no cache may take a file of an earlier
    // muxer for one of this.
    std::string prefix;
};

// One track of a publication.
struct Source {
    media::Track track;  // a rendition without a name is called "audio<n>"
};

// With how many segments that do not exist a playlist begins. Without them iOS does not play the
// low-latency form.
inline constexpr std::size_t kInitialGaps = 7;
inline constexpr std::size_t kMinSegments = 3;
inline constexpr std::size_t kMinLowLatencySegments = 7;

}  // namespace tidegate::hls
