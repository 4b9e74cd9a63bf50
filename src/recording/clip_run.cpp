#include "recording/clip_run.hpp"

#include <algorithm>
#include <limits>

#include "mp4/track_setup.hpp"
#include "recording/ticks.hpp"

namespace tidegate::recording {

namespace {

template <class Number>
Number clamped_to(std::int64_t value) {
    return static_cast<Number>(std::clamp<std::int64_t>(value, std::numeric_limits<Number>::min(),
                                                        std::numeric_limits<Number>::max()));
}

void add_source(std::vector<ClipSource>& sources, std::shared_ptr<RecordedFile const> const& file,
                mp4::Sample const& sample) {
    if (sample.size == 0) return;
    if (!sources.empty()) {
        auto& last = sources.back();
        if (last.file == file && last.offset + last.size == sample.offset) {
            last.size += sample.size;
            return;
        }
    }
    sources.push_back({file, sample.offset, sample.size});
}

}  // namespace

void ClipRun::add(std::shared_ptr<RecordedFile const> const& file, mp4::Sample const& sample,
                  std::uint32_t from, std::uint32_t to, std::int64_t due) {
    auto const duration =
        rescaled(sample.dts + sample.duration, to, from) - rescaled(sample.dts, to, from);
    times.push_back(due);
    samples.push_back({.duration = clamped_to<std::uint32_t>(duration),
                       .composition_offset =
                           clamped_to<std::int32_t>(rescaled(sample.pts - sample.dts, to, from)),
                       .size = sample.size,
                       .sync = sample.sync});
    add_source(sources, file, sample);
}

std::uint64_t ClipPiece::size() const {
    std::uint64_t bytes = head.size();
    for (auto const& source : sources) bytes += source.size;
    return bytes;
}

std::uint64_t place_of(ClipRun const& run) {
    return run.sources.empty() ? 0 : run.sources.front().offset;
}

// Only strangers' files have shorter lengths in front of their NAL units.
bool is_playable(mp4::MovieTrack const& track) {
    return track.length_size == 4 && mp4::check_writable(track.track).has_value();
}

}  // namespace tidegate::recording
