#include "mp4/file_tables.hpp"

#include <algorithm>
#include <limits>

#include "mp4/movie_boxes.hpp"

namespace tidegate::mp4 {

namespace {

// Converts ticks to the movie's timescale. A time before the start of the movie becomes 0.
std::uint64_t in_movie_time(std::int64_t time, std::uint32_t timescale) {
    auto const ticks = static_cast<std::uint64_t>(std::max<std::int64_t>(time, 0));
    return ticks / timescale * kMovieTimescale + ticks % timescale * kMovieTimescale / timescale;
}

struct Edit {
    std::uint64_t duration = 0;
    std::int64_t media_time = 0;
};

constexpr std::int64_t kNothing = -1;  // as a media time: the track shows nothing

// Writes a table: the number of its rows, then the rows.
template <class WriteRows>
void write_counted(BoxWriter& out, BoxType type, std::uint8_t version, std::size_t rows,
                   WriteRows write_rows) {
    auto const box = out.full_box(type, version);
    out.u32(rows);
    write_rows();
}

// Calls row(count, value) for each run of samples that have the same value.
template <class Value, class Row>
void each_run(std::span<FileSample const> samples, Value value, Row row) {
    for (std::size_t first = 0; first < samples.size();) {
        auto const wanted = value(samples[first]);
        auto end = first + 1;
        while (end < samples.size() && value(samples[end]) == wanted) ++end;
        row(end - first, wanted);
        first = end;
    }
}

template <class Value>
std::size_t count_runs(std::span<FileSample const> samples, Value value) {
    std::size_t count = 0;
    each_run(samples, value, [&](std::size_t, auto) { ++count; });
    return count;
}

void write_durations(BoxWriter& out, FileTables const& tables) {
    auto const duration = [](FileSample const& sample) { return sample.duration; };
    write_counted(out, "stts"_box, 0, count_runs(tables.samples, duration), [&] {
        each_run(tables.samples, duration, [&](std::size_t count, std::uint32_t value) {
            out.u32(count);
            out.u32(value);
        });
    });
}

// A track without this table can be decoded from every sample on.
void write_sync_samples(BoxWriter& out, FileTables const& tables) {
    auto const samples = tables.samples;
    auto const count = static_cast<std::size_t>(std::ranges::count_if(samples, &FileSample::sync));
    if (count == samples.size()) return;
    write_counted(out, "stss"_box, 0, count, [&] {
        for (std::size_t i = 0; i < samples.size(); ++i) {
            if (samples[i].sync) out.u32(i + 1);
        }
    });
}

void write_composition_offsets(BoxWriter& out, FileTables const& tables) {
    auto const offset = [](FileSample const& sample) { return sample.composition_offset; };
    if (std::ranges::all_of(tables.samples,
                            [](auto const& s) { return s.composition_offset == 0; }))
        return;
    write_counted(out, "ctts"_box, 1, count_runs(tables.samples, offset), [&] {
        each_run(tables.samples, offset, [&](std::size_t count, std::int32_t value) {
            out.u32(count);
            out.i32(value);
        });
    });
}

// Only a chunk whose number of samples differs from the chunk before has a row.
void write_chunk_lengths(BoxWriter& out, FileTables const& tables) {
    auto const& chunks = tables.chunks;
    auto const begins = [&](std::size_t i) {
        return i == 0 || chunks[i].samples != chunks[i - 1].samples;
    };
    std::size_t rows = 0;
    for (std::size_t i = 0; i < chunks.size(); ++i) rows += begins(i) ? 1 : 0;
    write_counted(out, "stsc"_box, 0, rows, [&] {
        for (std::size_t i = 0; i < chunks.size(); ++i) {
            if (!begins(i)) continue;
            out.u32(i + 1);
            out.u32(chunks[i].samples);
            out.u32(1U);  // sample description
        }
    });
}

void write_sizes(BoxWriter& out, FileTables const& tables) {
    auto const box = out.full_box("stsz"_box);
    out.u32(0U);  // each sample has a size of its own
    out.u32(tables.samples.size());
    for (auto const& sample : tables.samples) out.u32(sample.size);
}

void write_chunk_offsets(BoxWriter& out, FileTables const& tables) {
    auto const type = tables.large_offsets ? "co64"_box : "stco"_box;
    write_counted(out, type, 0, tables.chunks.size(), [&] {
        for (auto const& chunk : tables.chunks) {
            out.versioned(tables.large_offsets ? 1 : 0, tables.chunk_base + chunk.offset);
        }
    });
}

}  // namespace

FileTables::FileTables(std::span<FileSample const> given, std::int64_t starts,
                       std::uint32_t ticks_a_second)
    : samples(given), start(starts), timescale(ticks_a_second) {
    if (!samples.empty()) first_shown = std::numeric_limits<std::int64_t>::max();
    std::int64_t time = 0;
    for (auto const& sample : samples) {
        auto const shown = time + sample.composition_offset;
        first_shown = std::min(first_shown, shown);
        end_shown = std::max(end_shown, shown + sample.duration);
        time += sample.duration;
    }
    duration = static_cast<std::uint64_t>(time);
}

std::uint64_t FileTables::movie_duration() const {
    return in_movie_time(start + end_shown, timescale);
}

void write_edit_list(BoxWriter& out, FileTables const& tables) {
    std::vector<Edit> edits;
    auto const pause = std::max<std::int64_t>(tables.start + tables.first_shown, 0);
    if (pause > 0) edits.push_back({in_movie_time(pause, tables.timescale), kNothing});
    // After a pause the edit begins with what is shown first: players warn of one that begins
    // earlier.
    edits.push_back({in_movie_time(tables.start + tables.end_shown - pause, tables.timescale),
                     pause > 0 ? tables.first_shown : -tables.start});
    auto const large = std::ranges::any_of(edits, [](Edit const& edit) {
        return edit.duration > kMax32 || edit.media_time > std::numeric_limits<std::int32_t>::max();
    });
    std::uint8_t const version = large ? 1 : 0;
    auto const edts = out.box("edts"_box);
    write_counted(out, "elst"_box, version, edits.size(), [&] {
        for (auto const& edit : edits) {
            out.versioned(version, edit.duration);
            out.versioned(version, static_cast<std::uint64_t>(edit.media_time));
            out.u32(0x10000U);  // usual speed
        }
    });
}

void write_sample_tables(BoxWriter& out, FileTables const& tables) {
    write_durations(out, tables);
    write_sync_samples(out, tables);
    write_composition_offsets(out, tables);
    write_chunk_lengths(out, tables);
    write_sizes(out, tables);
    write_chunk_offsets(out, tables);
}

}  // namespace tidegate::mp4
