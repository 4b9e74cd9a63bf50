// The sample tables and the edit list of one track of a whole file (ISO/IEC 14496-12 §8.6, §8.7).
// Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mp4/box_writer.hpp"

namespace tidegate::mp4 {

struct FileSample {
    std::uint32_t duration = 0;           // in the track's timescale
    std::int32_t composition_offset = 0;  // presentation time less decode time
    std::uint32_t size = 0;
    bool sync = true;
};

// Samples of one track that lie one behind the other.
struct Chunk {
    std::uint64_t offset = 0;
    std::uint32_t samples = 0;
};

struct FileTables {
    // start: the movie's time at the first decode time, in ticks of the timescale.
    FileTables(std::span<FileSample const> samples, std::int64_t start, std::uint32_t timescale);

    std::span<FileSample const> samples;
    std::int64_t start;
    std::uint32_t timescale;
    // In ticks since the first decode time. What is shown first need not be decoded first.
    std::uint64_t duration = 0;  // of all samples
    std::int64_t first_shown = 0;
    std::int64_t end_shown = 0;

    std::vector<Chunk> chunks;
    std::uint64_t chunk_base = 0;  // is added to each chunk's offset
    bool large_offsets = false;    // co64 in place of stco

    // When the track ends, in the movie's timescale.
    std::uint64_t movie_duration() const;
};

void write_edit_list(BoxWriter& out, FileTables const& tables);
void write_sample_tables(BoxWriter& out, FileTables const& tables);

}  // namespace tidegate::mp4
