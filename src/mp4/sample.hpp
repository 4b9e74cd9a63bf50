// One sample of a file: as the readers return it, with the place where it lies and the time when it
// is due, and as the writers take it. Plain values; any thread.
#pragma once

#include <cstdint>

namespace tidegate::mp4 {

struct Sample {
    std::int64_t dts = 0;  // in the track's timescale; the edit list is applied
    std::int64_t pts = 0;
    std::uint32_t duration = 0;
    std::uint32_t size = 0;
    std::uint64_t offset = 0;       // in the file
    std::uint32_t description = 1;  // the number of its sample entry; we read only the first
    bool sync = true;
    bool operator==(Sample const&) const = default;
};

// A sample whose bytes the caller writes itself.
struct FileSample {
    std::uint32_t duration = 0;           // in the track's timescale
    std::int32_t composition_offset = 0;  // presentation time minus decode time
    std::uint32_t size = 0;
    bool sync = true;
};

}  // namespace tidegate::mp4
