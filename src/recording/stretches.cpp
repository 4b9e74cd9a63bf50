#include "recording/stretches.hpp"

#include <algorithm>
#include <optional>

#include "recording/clip_run.hpp"
#include "recording/ticks.hpp"

namespace tidegate::recording {

namespace {

using std::chrono::nanoseconds;

class Cutter {
public:
    Cutter(Stretches& made, mp4::Movie const& movie) : made_(made), movie_(movie) {
        auto const video = std::ranges::find_if(movie.tracks, [](mp4::MovieTrack const& track) {
            return track.track.kind() == media::Kind::video;
        });
        if (video != movie.tracks.end())
            lead_ = static_cast<std::size_t>(video - movie.tracks.begin());
    }

    void take(PartPlace const& part, std::vector<mp4::TrackSample> const& samples) {
        auto const whole = span_of(samples, false);
        auto const lead = span_of(samples, true);
        if (!whole) return;
        auto const begin = lead ? lead->begin : whole->begin;
        if (made_.cuts.empty()) cut(part, begin);
        for (auto const& [track, sample] : samples) {
            if (track != lead_) continue;
            auto const time = to_time(sample.dts, movie_.tracks[track].timescale);
            if (time - made_.cuts.back().time >= (sample.sync ? kStretch : kLongestStretch))
                cut(part, time);
        }
        // Sound goes on where pictures do not.
        if (!lead && begin - made_.cuts.back().time >= kLongestStretch) cut(part, begin);
        made_.end = std::max(made_.end, lead ? lead->end : whole->end);
    }

private:
    void cut(PartPlace const& part, nanoseconds time) {
        made_.cuts.push_back({part.offset, part.end, time});
    }

    std::optional<SegmentReader::Span> span_of(std::vector<mp4::TrackSample> const& samples,
                                               bool of_lead) const {
        std::optional<SegmentReader::Span> span;
        for (auto const& [track, sample] : samples) {
            if (of_lead && track != lead_) continue;
            auto const scale = movie_.tracks[track].timescale;
            auto const begin = to_time(sample.dts, scale);
            if (!span) span = {begin, begin};
            span->begin = std::min(span->begin, begin);
            span->end = std::max(span->end, to_time(sample.dts + sample.duration, scale));
        }
        return span;
    }

    Stretches& made_;
    mp4::Movie const& movie_;
    // The track whose samples begin stretches, and tell how long they are: where one file goes on
    // in another, its pictures follow each other without overlap, and the other tracks are not in
    // step.
    std::size_t lead_ = 0;
};

}  // namespace

void read_on(Stretches& stretches, SegmentReader& reader) {
    auto const& movie = reader.movie();
    stretches.about = continuity_of(movie);
    stretches.playable.clear();
    for (auto const& track : movie.tracks) stretches.playable.push_back(is_playable(track));
    if (stretches.finished) return;
    // The recorder tells the duration when nothing more comes.
    stretches.finished = movie.duration > 0;
    if (stretches.read_to > 0) reader.skip_to(stretches.read_to);
    Cutter cutter(stretches, movie);
    for (auto const& part : reader.parts()) {
        auto const samples = reader.read_part(part);
        if (!samples || stretches.count() >= kMaxStretches) {
            stretches.finished = true;
            return;
        }
        cutter.take(part, *samples);
        stretches.read_to = part.end;
    }
}

}  // namespace tidegate::recording
