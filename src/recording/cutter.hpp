// Finds where the stretches of a file begin (stretches.hpp), part by part. Whoever writes the file
// and whoever reads it without its index must find the same, so both do it here. One thread at a
// time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "mp4/movie.hpp"
#include "recording/part_samples.hpp"
#include "recording/stretches.hpp"
#include "recording/ticks.hpp"

namespace tidegate::recording {

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

    // read(only): the samples of the part, perhaps those of one track only (part_samples.hpp).
    // False: they cannot be read. A day has millions of samples, so only those are read that
    // matter: sound counts where there are no pictures.
    template <class Read>
    bool take(PartPlace const& part, Read const& read) {
        PartSamples const& pictures = read(std::optional(lead_));
        if (!pictures) return false;
        if (auto const span = span_of(*pictures, lead_)) {
            if (made_.cuts.empty()) cut(part, span->begin);
            cut_at_samples(part, *pictures);
            made_.end = std::max(made_.end, span->end);
            return true;
        }
        PartSamples const& samples = read(std::optional<std::size_t>());
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
    struct Span {
        std::chrono::nanoseconds begin{};
        std::chrono::nanoseconds end{};
    };

    void cut(PartPlace const& part, std::chrono::nanoseconds time) {
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
    std::optional<Span> span_of(std::vector<mp4::TrackSample> const& samples,
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
        return Span{to_time(begin, scale), to_time(end, scale)};
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

}  // namespace tidegate::recording
