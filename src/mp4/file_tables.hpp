// The sample tables and the edit list of one track of a whole file (ISO/IEC 14496-12 §8.6, §8.7).
// Plain values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mp4/box_writer.hpp"
#include "mp4/sample.hpp"

namespace tidegate::mp4 {

// Samples of one track without bytes of other tracks between them.
struct Chunk {
    std::uint64_t offset = 0;
    std::uint32_t samples = 0;
};

struct FileTables {
    // start: when the first sample is decoded, in ticks of the timescale from the start of the
    // movie; it may be negative (FileTrack::start).
    FileTables(std::span<FileSample const> samples, std::int64_t start, std::uint32_t timescale);

    std::span<FileSample const> samples;
    std::int64_t start;
    std::uint32_t timescale;
    // All three are ticks since the first decode time. The sample that is shown first need not be
    // the one that is decoded first.
    std::uint64_t duration = 0;  // of all samples
    std::int64_t first_shown = 0;
    std::int64_t end_shown = 0;

    std::vector<Chunk> chunks;
    std::uint64_t chunk_base = 0;  // added to the offset of each chunk
    bool large_offsets = false;    // co64 in place of stco

    // The time in the movie at which the track ends, in kMovieTimescale.
    std::uint64_t movie_duration() const;
};

void write_edit_list(BoxWriter& out, FileTables const& tables);
void write_sample_tables(BoxWriter& out, FileTables const& tables);

}  // namespace tidegate::mp4
