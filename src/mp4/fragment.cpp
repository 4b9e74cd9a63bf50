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

struct RunLayout {
    std::uint32_t fields = trun::kDataOffset | trun::kDuration | trun::kSize;
    std::uint64_t data = 0;  // bytes of the samples

    explicit RunLayout(TrackRun const& run) {
        for (auto const& sample : run.samples) {
            if (!sample.sync) fields |= trun::kFlags;
            if (sample.composition_offset != 0) fields |= trun::kCompositionOffset;
            data += sample.payload.size();
        }
    }
    std::size_t size(TrackRun const& run) const {
        return kBoxHeaderSize + kTrackHeaderSize + kDecodeTimeSize + kRunHeaderSize +
               4 * trun::row_words(fields) * run.samples.size();
    }
};

void write_rows(BoxWriter& out, TrackRun const& run, RunLayout const& layout) {
    bool const flags = (layout.fields & trun::kFlags) != 0;
    bool const offsets = (layout.fields & trun::kCompositionOffset) != 0;
    auto rows = out.words(run.samples.size() * trun::row_words(layout.fields));
    for (auto const& sample : run.samples) {
        rows.u32(sample.duration);
        rows.u32(sample.payload.size());
        if (flags) rows.u32(sample.sync ? 0U : kNotSync);
        if (offsets) rows.u32(static_cast<std::uint32_t>(sample.composition_offset));
    }
}

void write_run(BoxWriter& out, TrackRun const& run, RunLayout const& layout, std::uint64_t offset) {
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

void write_movie_fragment(BoxWriter& out, std::uint32_t sequence, std::span<TrackRun const> runs,
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

}  // namespace

std::expected<Slices, media::Error> write_fragment(std::uint32_t sequence,
                                                   std::span<TrackRun const> runs) {
    std::uint64_t moof = kBoxHeaderSize + kMovieFragmentHeaderSize;
    std::uint64_t data = 0;
    std::size_t samples = 0;
    for (auto const& run : runs) {
        RunLayout const layout(run);
        moof += layout.size(run);
        data += layout.data;
        samples += run.samples.size();
    }
    if (moof + kBoxHeaderSize + data > kMaxSize)
        return media::fail("fragment is larger than 2 GiB");
    BoxWriter out(static_cast<std::size_t>(moof) + kBoxHeaderSize);
    write_movie_fragment(out, sequence, runs, moof);
    out.u32(kBoxHeaderSize + data);
    out.u32("mdat"_box);
    Slices slices;
    slices.parts.reserve(1 + samples);
    slices.add(std::move(out).finish());
    for (auto const& run : runs) {
        for (auto const& sample : run.samples) {
            if (!sample.payload.empty()) slices.add(sample.payload);
        }
    }
    return slices;
}

}  // namespace tidegate::mp4
