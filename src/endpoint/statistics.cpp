#include "endpoint/statistics.hpp"

#include <algorithm>

namespace tidegate::endpoint {

namespace {

// An output that is later than this takes nothing at all.
constexpr std::chrono::seconds kLateness{10};

void count(std::vector<TrackCounts>& tracks, media::Unit const& unit) {
    if (tracks.size() <= unit.track) tracks.resize(unit.track + std::size_t{1});
    ++tracks[unit.track].units;
    tracks[unit.track].bytes += unit.payload.size();
}

}  // namespace

void DelayHistogram::observe(std::chrono::nanoseconds delay) {
    auto const seconds = std::chrono::duration<double>(delay).count();
    auto const bucket = std::ranges::lower_bound(kUpperBounds, seconds) - kUpperBounds.begin();
    ++counts_[static_cast<std::size_t>(bucket)];
    sum_ += seconds;
    ++total_;
}

void Statistics::count_in(media::Unit const& unit, ArrivalTime arrival) {
    count(in_, unit);
    ++units_in_;
    remember(unit, arrival);
}

void Statistics::count_filler(media::Unit const& unit, ArrivalTime made) {
    ++units_filled;
    remember(unit, made);
}

void Statistics::remember(media::Unit const& unit, ArrivalTime arrival) {
    if (arrivals_.size() <= unit.track) arrivals_.resize(unit.track + std::size_t{1});
    auto& arrivals = arrivals_[unit.track];
    arrivals.push_back({unit.dts, arrival});
    auto const kept = output_delay > base::Timestamp{} ? output_delay + kLateness : output_delay;
    while (arrivals.size() > 1 && unit.dts - arrivals.front().dts > kept) arrivals.pop_front();
}

std::size_t Statistics::remembered() const {
    std::size_t all = 0;
    for (auto const& arrivals : arrivals_) all += arrivals.size();
    return all;
}

std::optional<ArrivalTime> Statistics::arrival_of(std::uint16_t track, base::Timestamp dts) {
    if (track >= arrivals_.size() || arrivals_[track].empty()) return std::nullopt;
    auto& arrivals = arrivals_[track];
    while (arrivals.size() > 1 && arrivals[1].dts <= dts) arrivals.pop_front();
    auto const& before = arrivals.front();
    // No unit can be newer than the last one that has come.
    auto const after =
        arrivals.size() > 1 ? dts - before.dts : std::min(dts - before.dts, base::Timestamp{});
    return before.at + after;
}

void Statistics::count_out(media::Unit const& unit, media::Kind kind) {
    count(out_, unit);
    ++units_out_;
    (kind == media::Kind::video ? newest_video_ : newest_audio_) = unit.dts;
    if (kind == media::Kind::video) {
        ++pictures_out_;
        if (unit.keyframe) {
            if (newest_keyframe_) gop_ = unit.dts - *newest_keyframe_;
            newest_keyframe_ = unit.dts;
        }
    }
    if (auto const arrival = arrival_of(unit.track, unit.dts - output_delay)) {
        unwritten_.push_back(*arrival);
    }
}

void Statistics::flushed(ArrivalTime now) {
    for (auto const arrival : unwritten_) {
        last_delay_ = now - arrival;
        delays_.observe(last_delay_);
    }
    unwritten_.clear();
}

base::Timestamp Statistics::av_interleave() const {
    if (!newest_video_ || !newest_audio_) return {};
    return *newest_video_ - *newest_audio_;
}

std::optional<base::Timestamp> Statistics::newest_out() const {
    return std::max(newest_video_, newest_audio_);
}

}  // namespace tidegate::endpoint
