#include "recording/part_index.hpp"

#include <algorithm>

#include "mp4/box_writer.hpp"
#include "recording/ticks.hpp"

namespace tidegate::recording {

using mp4::operator""_box;
using std::chrono::nanoseconds;

namespace {

constexpr std::size_t kIndexHead = mp4::kBoxHeaderSize + kIndexName.size() + 4 + 8 + 8 + 4 + 4;
constexpr std::size_t kPartRow = 4 + 4 + 8;
constexpr std::size_t kCutRow = 4 + 8;

std::size_t size_of_index(std::size_t parts, std::size_t cuts) {
    return kIndexHead + parts * kPartRow + cuts * kCutRow + kIndexEnd;
}

constexpr std::size_t kMaxIndex =
    kIndexHead + kMaxIndexParts * kPartRow + kMaxStretches * kCutRow + kIndexEnd;

// The time of a file of ours: from its start on, and not absurd.
std::optional<nanoseconds> take_time(base::ByteReader& reader) {
    auto const time = static_cast<std::int64_t>(reader.u64());
    if (time < -kFarthest || time > kFarthest) return std::nullopt;
    return nanoseconds(time);
}

// The parts of a file follow each other. False: these do not.
bool take_parts(base::ByteReader& reader, std::size_t count, std::uint64_t offset,
                std::uint64_t end, std::vector<PartIndex::Part>& parts) {
    parts.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto const header = reader.u32();
        std::uint64_t const size = reader.u32();
        auto const begin = take_time(reader);
        bool const fits = header >= mp4::kBoxHeaderSize && header <= kMaxPartHeader &&
                          header < size && size <= end - offset;
        if (!fits || !begin) return false;
        parts.push_back({{offset, offset + size, header}, *begin});
        offset += size;
    }
    return offset == end;
}

// False: they are not in order.
bool take_cuts(base::ByteReader& reader, std::size_t count, PartIndex& index) {
    index.cuts.reserve(count);
    std::size_t last = 0;
    for (std::size_t i = 0; i < count; ++i) {
        auto const part = reader.u32();
        auto const time = take_time(reader);
        if (part < last || part >= index.parts.size() || !time) return false;
        if (i > 0 && *time <= index.cuts.back().time) return false;
        auto const& place = index.parts[last = part].place;
        index.cuts.push_back({place.offset, place.end, *time});
    }
    return index.end >= index.cuts.back().time;
}

}  // namespace

base::SharedBytes write_index(PartIndex const& index) {
    mp4::BoxWriter out(size_of_index(index.parts.size(), index.cuts.size()));
    {
        auto const box = out.box("uuid"_box);
        out.bytes(kIndexName);
        out.u32(0U);
        out.u64(index.parts.front().place.offset);
        out.u64(static_cast<std::uint64_t>(index.end.count()));
        out.u32(index.parts.size());
        out.u32(index.cuts.size());
        for (auto const& [place, begin] : index.parts) {
            out.u32(place.header_size);
            out.u32(place.end - place.offset);
            out.u64(static_cast<std::uint64_t>(begin.count()));
        }
        for (auto const& cut : index.cuts) {
            auto const part = std::ranges::lower_bound(
                index.parts, cut.offset, {},
                [](PartIndex::Part const& one) { return one.place.offset; });
            out.u32(static_cast<std::size_t>(part - index.parts.begin()));
            out.u64(static_cast<std::uint64_t>(cut.time.count()));
        }
        out.bytes(kIndexName);
        out.u32(size_of_index(index.parts.size(), index.cuts.size()));
    }
    return std::move(out).finish();
}

std::size_t index_size(base::ByteView last) {
    if (last.size() < kIndexEnd) return 0;
    base::ByteReader reader(last.last(kIndexEnd));
    if (!std::ranges::equal(reader.take(kIndexName.size()), kIndexName)) return 0;
    auto const size = reader.u32();
    return size >= size_of_index(1, 1) && size <= kMaxIndex ? size : 0;
}

std::optional<PartIndex> read_index(base::ByteView box, std::uint64_t at) {
    base::ByteReader reader(box);
    bool const named = reader.u32() == box.size() && reader.u32() == "uuid"_box &&
                       std::ranges::equal(reader.take(kIndexName.size()), kIndexName) &&
                       reader.u32() == 0 && index_size(box) == box.size();
    if (!named) return std::nullopt;
    auto const first = reader.u64();
    PartIndex index;
    auto const end = take_time(reader);
    auto const parts = reader.u32();
    auto const cuts = reader.u32();
    bool const counted = parts > 0 && parts <= kMaxIndexParts && cuts > 0 &&
                         cuts <= kMaxStretches && size_of_index(parts, cuts) == box.size();
    if (!counted || !end || first > at) return std::nullopt;
    index.end = *end;
    if (!take_parts(reader, parts, first, at, index.parts)) return std::nullopt;
    if (!take_cuts(reader, cuts, index)) return std::nullopt;
    return index;
}

}  // namespace tidegate::recording
