#include "recording/stretches.hpp"

#include "recording/clip_run.hpp"
#include "recording/cutter.hpp"

namespace tidegate::recording {

void read_on(Stretches& stretches, SegmentReader& reader) {
    auto const& movie = reader.movie();
    stretches.about = continuity_of(movie);
    stretches.playable.clear();
    for (auto const& track : movie.tracks) stretches.playable.push_back(is_playable(track));
    if (stretches.finished) return;
    if (auto const* const index = reader.index()) {
        stretches.cuts = index->cuts;
        stretches.end = index->end;
        stretches.read_to = index->parts.back().place.end;
        stretches.finished = true;
        return;
    }
    // The recorder tells the duration when nothing more comes.
    stretches.finished = movie.duration > 0;
    if (stretches.read_to > 0) reader.skip_to(stretches.read_to);
    Cutter cutter(stretches, movie);
    for (auto const& part : reader.parts()) {
        auto const read = [&](std::optional<std::size_t> only) {
            return reader.read_part(part, only);
        };
        if (stretches.count() >= kMaxStretches || !cutter.take(part, read)) {
            stretches.finished = true;
            return;
        }
        stretches.read_to = part.end;
    }
}

}  // namespace tidegate::recording
