#include "worker/statistics.hpp"

#include <algorithm>

namespace tidegate::worker {

namespace {

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
    if (newest_in_.size() <= unit.track) newest_in_.resize(unit.track + std::size_t{1});
    newest_in_[unit.track] = {unit.dts, arrival};
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
    if (unit.track >= newest_in_.size() || !newest_in_[unit.track]) return;
    auto const& newest = *newest_in_[unit.track];
    auto const age = std::max(newest.dts - (unit.dts - output_delay), base::Timestamp{});
    unwritten_.push_back(newest.arrival - age);
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

}  // namespace tidegate::worker
