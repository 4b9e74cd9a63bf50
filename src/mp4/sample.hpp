// One sample of a file as the readers return it: where it lies and when it is due. A plain value;
// any thread.
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

}  // namespace tidegate::mp4
