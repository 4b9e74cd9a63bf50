#include "recording/index_maker.hpp"

#include <algorithm>
#include <utility>

#include "mp4/box.hpp"
#include "recording/cutter.hpp"
#include "recording/ticks.hpp"

namespace tidegate::recording {

using mp4::operator""_box;
using std::chrono::nanoseconds;

void IndexMaker::add(std::uint64_t at, mp4::Slices const& written) {
    if (broken_ || written.parts.empty()) return;
    std::size_t next = 0;
    PartPlace place{at, at + written.size, 0};
    if (!movie_) {
        auto const& header = written.parts[next++];
        place.offset += header.size();
        broken_ = !add_header(header);
    }
    if (broken_ || next == written.parts.size()) return;
    broken_ = !add_part(written.parts[next].view(), place);
}

bool IndexMaker::add_header(base::SharedBytes const& header) {
    auto const moov = mp4::find_box(header.view(), "moov"_box);
    if (moov.empty()) return false;
    auto movie = mp4::read_movie(
        header.slice(static_cast<std::size_t>(moov.data() - header.data()), moov.size()));
    // A track that is left out has samples that nobody would see.
    if (!movie || movie->tracks.empty() || !movie->skipped.empty()) return false;
    movie_ = *std::move(movie);
    return true;
}

// head: the moof box, and the beginning of the mdat box.
bool IndexMaker::add_part(base::ByteView head, PartPlace place) {
    auto const box = mp4::read_box_header(head);
    bool const told = box && box->size <= head.size() && box->size <= kMaxPartHeader &&
                      place.end - place.offset <= mp4::kMax32;
    if (!told || index_.parts.size() == kMaxIndexParts) return false;
    place.header_size = static_cast<std::uint32_t>(box->size);
    auto const samples = samples_of(*movie_, head.first(place.header_size), place);
    if (!samples || samples->empty()) return false;
    auto begin = nanoseconds::max();
    for (auto const& [track, sample] : *samples)
        begin = std::min(begin, to_time(sample.dts, movie_->tracks[track].timescale));
    auto const all = [&](auto) -> PartSamples const& { return samples; };
    if (!Cutter(stretches_, *movie_).take(place, all)) return false;
    index_.parts.push_back({place, begin});
    return stretches_.count() <= kMaxStretches;
}

std::optional<base::SharedBytes> IndexMaker::finish() && {
    if (broken_ || stretches_.cuts.empty()) return std::nullopt;
    index_.cuts = std::move(stretches_.cuts);
    index_.end = stretches_.end;
    return write_index(index_);
}

}  // namespace tidegate::recording
