// Movie fragments (ISO/IEC 14496-12 §8.8): a moof, which says what its samples are, and the mdat
// that they lie in. One behind the other, after an init segment, they are a file, a stream, or a
// part of HLS. Pure; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "base/shared_bytes.hpp"
#include "media/error.hpp"
#include "mp4/slices.hpp"

namespace tidegate::mp4 {

struct FragmentSample {
    std::uint32_t duration = 0;           // in the track's timescale
    std::int32_t composition_offset = 0;  // presentation time less decode time
    bool sync = true;                     // decoding can start here
    base::SharedBytes payload;
};

// Samples of one track, one behind the other in decode order.
struct TrackRun {
    std::uint32_t track_id = 1;
    std::uint64_t decode_time = 0;  // of the first sample, in the track's timescale
    std::span<FragmentSample const> samples;
};

// A header made here, and then the payloads in the order of the runs, not copied. sequence: rises
// from fragment to fragment. An error when it gets larger than the 2 GiB that a run's data offset
// can tell of.
std::expected<Slices, media::Error> write_fragment(std::uint32_t sequence,
                                                   std::span<TrackRun const> runs);

}  // namespace tidegate::mp4
