// Writes movie fragments (ISO/IEC 14496-12 §8.8): a moof box, which describes the samples, and the
// mdat box that holds them. An init segment and the fragments after it make up a file, a stream, or
// a part of HLS. Plain values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "base/shared_bytes.hpp"
#include "media/error.hpp"
#include "mp4/sample.hpp"
#include "mp4/slices.hpp"

namespace tidegate::mp4 {

struct FragmentSample {
    std::uint32_t duration = 0;           // in the track's timescale
    std::int32_t composition_offset = 0;  // presentation time minus decode time
    bool sync = true;                     // decoding can start here
    base::SharedBytes payload;
};

// Consecutive samples of one track in decode order.
struct TrackRun {
    std::uint32_t track_id = 1;
    std::uint64_t decode_time = 0;  // of the first sample, in the track's timescale
    std::span<FragmentSample const> samples;
};

// The result is a header, which is made here, and the payloads in the order of the runs, which are
// not copied. sequence: must rise from fragment to fragment. An error when the fragment is larger
// than 2 GiB, because the data offset of a run is a signed number of 32 bits.
std::expected<Slices, media::Error> write_fragment(std::uint32_t sequence,
                                                   std::span<TrackRun const> runs);

// The same for samples whose bytes are elsewhere, for example in another file.
struct FileRun {
    std::uint32_t track_id = 1;
    std::uint64_t decode_time = 0;
    std::span<FileSample const> samples;
};
// The result is everything before the first payload. The caller writes the payloads in the order of
// the runs.
std::expected<base::SharedBytes, media::Error> write_fragment_header(std::uint32_t sequence,
                                                                     std::span<FileRun const> runs);

}  // namespace tidegate::mp4
