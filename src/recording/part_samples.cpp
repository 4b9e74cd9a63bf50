#include "recording/part_samples.hpp"

#include <limits>

#include "mp4/box.hpp"

namespace tidegate::recording {

using mp4::operator""_box;

namespace {

// Of a part: a second of pictures and sound.
constexpr std::size_t kUsualSamples = 128;

// The first decode time of a track whose part does not tell it. No part that does has such times.
constexpr std::int64_t kUntold = std::numeric_limits<std::int64_t>::min() / 2;

}  // namespace

PartSamples samples_of(mp4::Movie const& movie, base::ByteView moof, PartPlace const& place,
                       std::optional<std::size_t> only) {
    auto const header = mp4::read_box_header(moof);
    if (!header || header->type != "moof"_box) return std::unexpected("moof box is broken");
    mp4::DecodeTimes times(movie.tracks.size(), kUntold);
    mp4::FragmentReader reader(movie, times, moof.subspan(header->header_size), place.offset);
    if (only) reader.read_only(*only);
    std::vector<mp4::TrackSample> samples;
    samples.reserve(kUsualSamples);
    std::uint64_t bytes = 0;
    while (auto const sample = reader.next()) {
        auto const& [track, found] = *sample;
        if (found.dts < kUntold / 2) return std::unexpected("tfdt box not found");
        bytes += found.size;
        // Samples that share bytes could make a small file an endless answer.
        if (found.offset < place.offset || found.offset + found.size > place.end ||
            bytes > place.end - place.offset) {
            return std::unexpected("sample is not in its part");
        }
        if (samples.size() == kMaxPartSamples) return std::unexpected("part has too many samples");
        samples.push_back(*sample);
    }
    if (reader.failed()) return std::unexpected("moof box is broken");
    return samples;
}

}  // namespace tidegate::recording
