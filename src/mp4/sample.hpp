// One sample of a file as the reader finds it: where it lies and when it is due. A value.
#pragma once

#include <cstdint>

namespace tidegate::mp4 {

struct Sample {
    std::int64_t dts = 0;  // in the track's timescale, edit list applied
    std::int64_t pts = 0;
    std::uint32_t duration = 0;
    std::uint32_t size = 0;
    std::uint64_t offset = 0;       // in the file
    std::uint32_t description = 1;  // which sample entry it needs; only the first one is read
    bool sync = true;
    bool operator==(Sample const&) const = default;
};

}  // namespace tidegate::mp4
