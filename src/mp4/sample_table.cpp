#include "mp4/sample_table.hpp"

#include <algorithm>
#include <limits>

#include "mp4/box.hpp"

namespace tidegate::mp4 {

namespace {

constexpr std::size_t kDurationRow = 8;
constexpr std::size_t kCompositionRow = 8;
constexpr std::size_t kSyncRow = 4;
constexpr std::size_t kChunkRow = 12;
constexpr unsigned kUsualSizeBits = 32;

Rows read_rows(base::ByteView payload, std::size_t row_size) {
    base::ByteReader reader(payload);
    read_full_box(reader);
    auto const count = reader.u32();
    return {reader.rest(), count, row_size};
}

std::uint32_t rows_of_bits(base::ByteView bytes, unsigned bits, std::uint32_t count) {
    auto const whole = bits == 0 ? 0 : bytes.size() * 8 / bits;
    return static_cast<std::uint32_t>(std::min<std::size_t>(whole, count));
}

void read_sizes(base::ByteView payload, SampleTable& table) {
    base::ByteReader reader(payload);
    read_full_box(reader);
    table.common_size = reader.u32();
    auto const count = reader.u32();
    table.sizes = reader.rest();
    table.size_bits = kUsualSizeBits;
    table.count = table.common_size != 0 ? count : rows_of_bits(table.sizes, kUsualSizeBits, count);
}

// Reads stz2: sizes of 4, 8 or 16 bits (§8.7.3.3).
void read_compact_sizes(base::ByteView payload, SampleTable& table) {
    base::ByteReader reader(payload);
    read_full_box(reader);
    reader.skip(3);
    auto const bits = reader.u8();
    auto const count = reader.u32();
    table.common_size = 0;
    table.sizes = reader.rest();
    table.size_bits = bits == 4 || bits == 8 || bits == 16 ? bits : 0U;
    table.count = rows_of_bits(table.sizes, table.size_bits, count);
}

}  // namespace

Rows::Rows(base::ByteView bytes, std::uint32_t count, std::size_t row_size)
    : bytes_(bytes),
      count_(static_cast<std::uint32_t>(std::min<std::size_t>(count, bytes.size() / row_size))),
      row_size_(row_size) {}

std::uint32_t SampleTable::size_of(std::uint32_t sample) const {
    if (common_size != 0) return common_size;
    if (size_bits == 4) {
        auto const pair = sizes[sample / 2];
        return sample % 2 == 0 ? pair >> 4 : pair & 15U;
    }
    base::ByteReader reader(sizes.subspan(std::size_t{sample} * (size_bits / 8)));
    if (size_bits == 8) return reader.u8();
    return size_bits == 16 ? reader.u16() : reader.u32();
}

std::int64_t SampleTable::duration() const {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < durations.size(); ++i) {
        auto row = durations[i];
        std::uint64_t const samples = row.u32();
        sum = std::min(kMost, sum + std::min(kMost, samples * row.u32()));
    }
    return static_cast<std::int64_t>(sum);
}

SampleTable read_sample_table(base::ByteView stbl) {
    SampleTable table;
    BoxReader boxes(stbl);
    while (auto const box = boxes.next()) {
        switch (box->type) {
            case "stts"_box:
                table.durations = read_rows(box->payload, kDurationRow);
                break;
            case "ctts"_box:
                table.composition_offsets = read_rows(box->payload, kCompositionRow);
                break;
            case "stss"_box:
                table.sync_samples = read_rows(box->payload, kSyncRow);
                table.all_sync = false;
                break;
            case "stsc"_box:
                table.chunk_lengths = read_rows(box->payload, kChunkRow);
                break;
            case "stco"_box:
            case "co64"_box:
                table.large_offsets = box->type == "co64"_box;
                table.chunk_offsets = read_rows(box->payload, table.large_offsets ? 8 : 4);
                break;
            case "stsz"_box:
                read_sizes(box->payload, table);
                break;
            case "stz2"_box:
                read_compact_sizes(box->payload, table);
                break;
            default:
                break;
        }
    }
    table.count = std::min(table.count, kMaxTableSamples);
    return table;
}

// The value for the next sample. When the table is too short, the value of its last row holds on.
// Rows for no samples are skipped; every row is looked at only once.
std::uint32_t SampleReader::value_of(Rows const& rows, Run& run) const {
    while (run.left == 0 && run.row < rows.size()) {
        auto row = rows[run.row++];
        run.left = row.u32();
        run.value = row.u32();
    }
    if (run.left > 0) --run.left;
    return run.value;
}

bool SampleReader::is_sync(std::uint32_t number) {
    if (table_.all_sync) return true;
    auto const& rows = table_.sync_samples;
    while (sync_row_ < rows.size() && rows[sync_row_].u32() < number) ++sync_row_;
    return sync_row_ < rows.size() && rows[sync_row_].u32() == number;
}

// A chunk belongs to the last row of stsc whose first chunk is not after it.
bool SampleReader::enter_chunk() {
    auto const& lengths = table_.chunk_lengths;
    if (chunk_ >= table_.chunk_offsets.size() || lengths.size() == 0) return false;
    ++chunk_;
    while (length_row_ + 1 < lengths.size() && lengths[length_row_ + 1].u32() <= chunk_)
        ++length_row_;
    auto row = lengths[length_row_];
    auto const first = row.u32();
    chunk_left_ = row.u32();
    description_ = row.u32();
    auto offset = table_.chunk_offsets[chunk_ - 1];
    offset_ = table_.large_offsets ? offset.u64() : offset.u32();
    return first <= chunk_ && chunk_left_ > 0;
}

std::optional<Sample> SampleReader::next() {
    if (sample_ >= table_.count) return std::nullopt;
    if (chunk_left_ == 0 && !enter_chunk()) return std::nullopt;
    Sample sample;
    sample.size = table_.size_of(sample_);
    sample.offset = offset_;
    if (offset_ > std::numeric_limits<std::uint64_t>::max() - sample.size) return std::nullopt;
    sample.duration = value_of(table_.durations, duration_);
    sample.dts = dts_;
    // In version 0 the offset is unsigned by the standard, but many programs write it signed. No
    // picture waits for 2^31 ticks.
    sample.pts =
        dts_ + static_cast<std::int32_t>(value_of(table_.composition_offsets, composition_));
    sample.sync = is_sync(sample_ + 1);
    sample.description = description_;
    ++sample_;
    --chunk_left_;
    offset_ += sample.size;
    dts_ += sample.duration;
    return sample;
}

}  // namespace tidegate::mp4
