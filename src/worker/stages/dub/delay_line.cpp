#include "worker/stages/dub/delay_line.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::worker {

void DelayLine::hold(media::Unit unit, Time arrival) {
    if (waiting_keyframe_.size() <= unit.track)
        waiting_keyframe_.resize(unit.track + std::size_t{1});
    bool const useless = waiting_keyframe_[unit.track] && !unit.keyframe;
    if (useless || bytes_ + unit.payload.size() > most_bytes_) {
        waiting_keyframe_[unit.track] = true;
        ++dropped_;
        return;
    }
    waiting_keyframe_[unit.track] = false;
    bytes_ += unit.payload.size();
    unit.dts += delay_;
    unit.pts += delay_;
    held_.push_back({arrival, std::move(unit)});
}

void DelayLine::hold(media::Tracks tracks, Time arrival) {
    held_.push_back({arrival, std::move(tracks)});
}

void DelayLine::add_sound(std::vector<media::Unit>&& units) {
    std::ranges::move(units, std::back_inserter(sound_));
}

// Whether the sound is to be handed on before the first unit that is held.
bool DelayLine::is_first(media::Unit const& sound) const {
    auto const* const unit = std::get_if<media::Unit>(&held_.front().what);
    return unit != nullptr && sound.dts < unit->dts;
}

void DelayLine::release_held(UnitSink& sink) {
    auto const held = std::move(held_.front());
    held_.pop_front();
    if (auto const* const unit = std::get_if<media::Unit>(&held.what)) {
        bytes_ -= unit->payload.size();
        sink.on_unit(*unit);
    } else {
        sink.on_tracks(std::get<media::Tracks>(held.what));
    }
}

void DelayLine::release(Time now, UnitSink& sink, bool all_sound) {
    if (!clock_.started()) return;
    auto const until = reached(now) + delay_;
    clock_.forget_before(now - delay_);
    while (true) {
        bool const picture = !held_.empty() && held_.front().arrival + delay_ <= now;
        bool const sound = !sound_.empty() && (all_sound || sound_.front().dts <= until);
        if (!picture && !sound) return;
        if (sound && (!picture || is_first(sound_.front()))) {
            auto const unit = std::move(sound_.front());
            sound_.pop_front();
            sink.on_unit(unit);
        } else {
            release_held(sink);
        }
    }
}

std::optional<DelayLine::Time> DelayLine::next_due() const {
    std::optional<Time> due;
    if (!held_.empty()) due = held_.front().arrival + delay_;
    if (sound_.empty()) return due;
    auto const arrival = clock_.when(sound_.front().dts - delay_);
    if (!arrival) return due;
    auto const sound_due = *arrival + delay_ + kSoundWait;
    return due ? std::min(*due, sound_due) : sound_due;
}

}  // namespace tidegate::worker
