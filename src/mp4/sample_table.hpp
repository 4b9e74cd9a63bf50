// Reads the sample tables of one track (ISO/IEC 14496-12 §8.6.1 to §8.7.5) one sample at a time,
// straight from their bytes. So a table needs no further memory, however many samples it claims.
// Views of the caller's bytes; used by one thread at a time.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "mp4/sample.hpp"

namespace tidegate::mp4 {

// How many samples of one track are read: ten days of pictures, or a day of the shortest Opus
// packets. Only a table without rows (stsz with one size for all samples) can claim far more.
inline constexpr std::uint32_t kMaxTableSamples = 40'000'000;

// The rows of one table, which all have the same size.
class Rows {
public:
    Rows() = default;
    // count: how many the table claims. Only those that are there in full are kept.
    Rows(base::ByteView bytes, std::uint32_t count, std::size_t row_size);

    std::uint32_t size() const { return count_; }
    base::ByteReader operator[](std::uint32_t i) const {
        return base::ByteReader(bytes_.subspan(i * row_size_, row_size_));
    }

private:
    base::ByteView bytes_;
    std::uint32_t count_ = 0;
    std::size_t row_size_ = 1;
};

// All tables of a track; each comment names the box and its columns.
struct SampleTable {
    Rows durations;            // stts: count, duration
    Rows composition_offsets;  // ctts: count, offset
    Rows sync_samples;         // stss: number
    bool all_sync = true;      // there is no stss
    Rows chunk_lengths;        // stsc: first chunk, samples, description
    Rows chunk_offsets;        // stco, co64
    bool large_offsets = false;
    base::ByteView sizes;           // stsz, stz2
    unsigned size_bits = 32;        // bits per row of `sizes`
    std::uint32_t common_size = 0;  // of every sample; 0: each has its own
    std::uint32_t count = 0;        // of samples

    std::uint32_t size_of(std::uint32_t sample) const;
    // The duration of all samples that stts claims, at most 2^62.
    std::int64_t duration() const;
};

// stbl: the payload of the box. A table that is missing is empty.
SampleTable read_sample_table(base::ByteView stbl);

// Walks the samples in decode order.
//   for (SampleReader samples(track.samples, track.shift); auto sample = samples.next();) ...
class SampleReader {
public:
    // REQUIRES: the table outlives it.
    explicit SampleReader(SampleTable const& table, std::int64_t shift = 0)
        : table_(table), dts_(shift) {}

    // The next sample. nullopt at the end, and when the tables do not tell where it lies.
    std::optional<Sample> next();

private:
    // A row that holds for several samples.
    struct Run {
        std::uint32_t row = 0;   // the next one
        std::uint32_t left = 0;  // for how many samples the value still holds
        std::uint32_t value = 0;
    };

    std::uint32_t value_of(Rows const& rows, Run& run) const;
    bool is_sync(std::uint32_t number);
    bool enter_chunk();

    SampleTable const& table_;
    std::int64_t dts_;
    std::uint32_t sample_ = 0;  // the next one
    Run duration_;
    Run composition_;
    std::uint32_t sync_row_ = 0;
    std::uint32_t chunk_ = 0;  // the next one
    std::uint32_t length_row_ = 0;
    std::uint32_t chunk_left_ = 0;
    std::uint32_t description_ = 1;
    std::uint64_t offset_ = 0;
};

}  // namespace tidegate::mp4
