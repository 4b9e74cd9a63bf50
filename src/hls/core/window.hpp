// The media of one stream that a muxer keeps: finished segments, and the parts of the one that is
// being made. Plain values; what a shared pointer points at never changes. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/shared_bytes.hpp"
#include "base/time.hpp"
#include "hls/core/settings.hpp"
#include "mp4/slices.hpp"

namespace tidegate::hls {

// What a decoder must read before the segments that refer to it.
struct Init {
    std::uint64_t number = 1;
    base::SharedBytes bytes;
};

struct Part {
    std::uint64_t number = 0;
    base::Timestamp duration{};
    bool independent = false;  // has a sample at which decoding can start
    mp4::Slices media;         // empty: the stream had no sample in that time
    bool gap() const { return media.size == 0; }
};

// Where a segment begins.
struct SegmentStart {
    std::uint64_t number = 0;    // its media sequence number
    WallTime wall{};             // of its first sample; known when it is finished
    bool discontinuity = false;  // its times or its coding do not continue those before it
    std::shared_ptr<Init const> init;
};

struct Segment {
    SegmentStart start;
    base::Timestamp duration{};
    std::vector<std::shared_ptr<Part const>> parts;  // MPEG-TS: one
    std::uint64_t size = 0;
    bool gap() const { return size == 0; }
};

struct Window {
    // In the order of their numbers, which have no holes.
    std::vector<std::shared_ptr<Segment const>> segments;
    // How many at the front are no longer listed in playlists.
    std::size_t unlisted = 0;
    // How many segments with a discontinuity are no longer listed.
    std::uint64_t discontinuities_gone = 0;

    // The segment that is being made. Its number is that of the next segment.
    SegmentStart open;
    std::vector<std::shared_ptr<Part const>> open_parts;
    std::uint64_t next_part = 0;
};

}  // namespace tidegate::hls
