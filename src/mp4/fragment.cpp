#include "mp4/fragment.hpp"

#include <limits>

#include "mp4/box_writer.hpp"
#include "mp4/fragment_boxes.hpp"

namespace tidegate::mp4 {

namespace {

constexpr std::size_t kFullBoxSize = kBoxHeaderSize + 4;
constexpr std::size_t kMovieFragmentHeaderSize = kFullBoxSize + 4;
constexpr std::size_t kTrackHeaderSize = kFullBoxSize + 4;
constexpr std::size_t kDecodeTimeSize = kFullBoxSize + 8;
constexpr std::size_t kRunHeaderSize = kFullBoxSize + 4 + 4;

constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int32_t>::max();

std::size_t size_of(FragmentSample const& sample) {
    return sample.payload.size();
}
std::size_t size_of(FileSample const& sample) {
    return sample.size;
}

// Run is a TrackRun or a FileRun.
struct RunLayout {
    std::uint32_t fields = trun::kDataOffset | trun::kDuration | trun::kSize;
    std::uint64_t data = 0;  // bytes of the samples

    template <class Run>
    explicit RunLayout(Run const& run) {
        for (auto const& sample : run.samples) {
            if (!sample.sync) fields |= trun::kFlags;
            if (sample.composition_offset != 0) fields |= trun::kCompositionOffset;
            data += size_of(sample);
        }
    }
    template <class Run>
    std::size_t size(Run const& run) const {
        return kBoxHeaderSize + kTrackHeaderSize + kDecodeTimeSize + kRunHeaderSize +
               4 * trun::row_words(fields) * run.samples.size();
    }
};

template <class Run>
void write_rows(BoxWriter& out, Run const& run, RunLayout const& layout) {
    bool const flags = (layout.fields & trun::kFlags) != 0;
    bool const offsets = (layout.fields & trun::kCompositionOffset) != 0;
    auto rows = out.words(run.samples.size() * trun::row_words(layout.fields));
    for (auto const& sample : run.samples) {
        rows.u32(sample.duration);
        rows.u32(size_of(sample));
        if (flags) rows.u32(sample.sync ? 0U : kNotSync);
        if (offsets) rows.u32(static_cast<std::uint32_t>(sample.composition_offset));
    }
}

template <class Run>
void write_run(BoxWriter& out, Run const& run, RunLayout const& layout, std::uint64_t offset) {
    auto const traf = out.box("traf"_box);
    {
        auto const header = out.full_box("tfhd"_box, 0, tfhd::kDefaultBaseIsMoof);
        out.u32(run.track_id);
    }
    {
        auto const tfdt = out.full_box("tfdt"_box, 1);
        out.u64(run.decode_time);
    }
    auto const run_box = out.full_box("trun"_box, 1, layout.fields);
    out.u32(run.samples.size());
    out.u32(offset);
    write_rows(out, run, layout);
}

template <class Run>
void write_movie_fragment(BoxWriter& out, std::uint32_t sequence, std::span<Run const> runs,
                          std::uint64_t moof_size) {
    auto const moof = out.box("moof"_box);
    {
        auto const mfhd = out.full_box("mfhd"_box);
        out.u32(sequence);
    }
    auto offset = moof_size + kBoxHeaderSize;
    for (auto const& run : runs) {
        RunLayout const layout(run);
        write_run(out, run, layout, offset);
        offset += layout.data;
    }
}

template <class Run>
std::expected<base::SharedBytes, media::Error> write_header(std::uint32_t sequence,
                                                            std::span<Run const> runs) {
    std::uint64_t moof = kBoxHeaderSize + kMovieFragmentHeaderSize;
    std::uint64_t data = 0;
    for (auto const& run : runs) {
        RunLayout const layout(run);
        moof += layout.size(run);
        data += layout.data;
    }
    if (moof + kBoxHeaderSize + data > kMaxSize)
        return media::fail("fragment is larger than 2 GiB");
    BoxWriter out(static_cast<std::size_t>(moof) + kBoxHeaderSize);
    write_movie_fragment(out, sequence, runs, moof);
    out.u32(kBoxHeaderSize + data);
    out.u32("mdat"_box);
    return std::move(out).finish();
}

}  // namespace

std::expected<Slices, media::Error> write_fragment(std::uint32_t sequence,
                                                   std::span<TrackRun const> runs) {
    auto header = write_header(sequence, runs);
    if (!header) return std::unexpected(std::move(header.error()));
    std::size_t samples = 0;
    for (auto const& run : runs) samples += run.samples.size();
    Slices slices;
    slices.parts.reserve(1 + samples);
    slices.add(*std::move(header));
    for (auto const& run : runs) {
        for (auto const& sample : run.samples) {
            if (!sample.payload.empty()) slices.add(sample.payload);
        }
    }
    return slices;
}

std::expected<base::SharedBytes, media::Error> write_fragment_header(
    std::uint32_t sequence, std::span<FileRun const> runs) {
    return write_header(sequence, runs);
}

}  // namespace tidegate::mp4
