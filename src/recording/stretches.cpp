#include "recording/stretches.hpp"

#include <algorithm>
#include <limits>
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
        if (!made.cuts.empty()) expect_next();
    }

    // False: the part cannot be read. A day has millions of samples, so only those are read that
    // matter: sound counts where there are no pictures.
    bool take(SegmentReader const& reader, PartPlace const& part) {
        auto const pictures = reader.read_part(part, lead_);
        if (!pictures) return false;
        if (auto const span = span_of(*pictures, lead_)) {
            if (made_.cuts.empty()) cut(part, span->begin);
            cut_at_samples(part, *pictures);
            made_.end = std::max(made_.end, span->end);
            return true;
        }
        auto const samples = reader.read_part(part);
        if (!samples) return false;
        for (std::size_t i = 0; i < movie_.tracks.size(); ++i) {
            auto const span = span_of(*samples, i);
            if (!span) continue;
            if (made_.cuts.empty() || span->begin - made_.cuts.back().time >= kLongestStretch)
                cut(part, span->begin);
            made_.end = std::max(made_.end, span->end);
        }
        return true;
    }

private:
    void cut(PartPlace const& part, nanoseconds time) {
        made_.cuts.push_back({part.offset, part.end, time});
        expect_next();
    }

    void expect_next() {
        auto const time = made_.cuts.back().time;
        auto const scale = movie_.tracks[lead_].timescale;
        soonest_ = to_ticks(time + kStretch, scale);
        latest_ = to_ticks(time + kLongestStretch, scale);
    }

    // Most samples are before the next cut, and are compared in ticks.
    void cut_at_samples(PartPlace const& part, std::vector<mp4::TrackSample> const& samples) {
        for (auto const& [track, sample] : samples) {
            if (track != lead_ || sample.dts < (sample.sync ? soonest_ : latest_)) continue;
            auto const time = to_time(sample.dts, movie_.tracks[track].timescale);
            // A tick may be shorter than what was rounded.
            if (time - made_.cuts.back().time >= (sample.sync ? kStretch : kLongestStretch))
                cut(part, time);
        }
    }

    // nullopt: the part has no sample of the track.
    std::optional<SegmentReader::Span> span_of(std::vector<mp4::TrackSample> const& samples,
                                               std::size_t wanted) const {
        bool found = false;
        std::int64_t begin = std::numeric_limits<std::int64_t>::max();
        std::int64_t end = std::numeric_limits<std::int64_t>::min();
        for (auto const& [track, sample] : samples) {
            if (track != wanted) continue;
            found = true;
            begin = std::min(begin, sample.dts);
            end = std::max(end, sample.dts + sample.duration);
        }
        if (!found) return std::nullopt;
        auto const scale = movie_.tracks[wanted].timescale;
        return SegmentReader::Span{to_time(begin, scale), to_time(end, scale)};
    }

    Stretches& made_;
    mp4::Movie const& movie_;
    // The track whose samples begin stretches, and tell how long they are: where one file goes on
    // in another, its pictures follow each other without overlap, and the other tracks are not in
    // step.
    std::size_t lead_ = 0;
    // In its ticks: when a key frame, or any sample, may begin the next stretch.
    std::int64_t soonest_ = 0;
    std::int64_t latest_ = 0;
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
        if (stretches.count() >= kMaxStretches || !cutter.take(reader, part)) {
            stretches.finished = true;
            return;
        }
        stretches.read_to = part.end;
    }
}

}  // namespace tidegate::recording
