#include "media/timeline.hpp"

#include <algorithm>

namespace tidegate::media {

using base::Timestamp;

namespace {

Timestamp believable(Timestamp time) {
    return std::clamp(time, -kMaxMediaTime, kMaxMediaTime);
}

// Adds two times and stays within 64 bits. Output can leave its bounds only after 10^8 hostile
// steps of ten seconds.
Timestamp sum(Timestamp a, Timestamp b) {
    Timestamp::rep out = 0;
    if (!__builtin_add_overflow(a.count(), b.count(), &out)) return Timestamp{out};
    return a < Timestamp{} ? Timestamp::min() : Timestamp::max();
}

Timestamp difference(Timestamp a, Timestamp b) {
    Timestamp::rep out = 0;
    if (!__builtin_sub_overflow(a.count(), b.count(), &out)) return Timestamp{out};
    return a < Timestamp{} ? Timestamp::min() : Timestamp::max();
}

bool within(Timestamp time, Timestamp limit) {
    return time >= -limit && time <= limit;
}

}  // namespace

Timestamp from_milliseconds(std::int64_t milliseconds) {
    static constexpr auto kMost =
        std::chrono::duration_cast<std::chrono::milliseconds>(kMaxMediaTime);
    return std::chrono::milliseconds(std::clamp(milliseconds, -kMost.count(), kMost.count()));
}

Timeline::TrackState& Timeline::state(std::uint16_t track) {
    if (track >= tracks_.size()) tracks_.resize(track + std::size_t{1});
    return tracks_[track];
}

// The first unit of a track gets the offset, of the two in use, that brings it nearer to the other
// tracks.
void Timeline::start(TrackState& track, Timestamp dts) const {
    track.started = true;
    track.last_raw = dts;
    auto const distance = [&](Timestamp offset) {
        auto const apart = difference(sum(dts, offset), newest_);
        return apart < Timestamp{} ? difference({}, apart) : apart;
    };
    auto const older = started_ && distance(previous_offset_) < distance(offset_);
    track.offset = older ? previous_offset_ : offset_;
    if (within(sum(dts, track.offset), 2 * kMaxMediaTime)) return;
    track.offset = difference(sum(newest_, track.usual_step), dts);
}

bool Timeline::continues(TrackState const& track, Timestamp dts, Timestamp offset) const {
    auto const out = sum(dts, offset);
    return out >= difference(track.last, kMaxBackwardJump) &&
           out <= sum(std::max(track.last, newest_), kMaxForwardJump);
}

// After a jump of a track's time stamps: it takes the offset that another track has changed to, if
// its output continues with that; otherwise the offset before (a single time stamp was wrong);
// otherwise a new one with which output goes on where it is.
void Timeline::rejoin(TrackState& track, Timestamp dts) {
    if (continues(track, dts, offset_)) {
        track.offset = offset_;
    } else if (continues(track, dts, previous_offset_)) {
        std::swap(offset_, previous_offset_);
        track.offset = offset_;
    } else {
        previous_offset_ = track.offset;
        offset_ = difference(sum(newest_, track.usual_step), dts);
        track.offset = offset_;
    }
}

// The time stamps of a track stand still or rise too slowly, so its output, which must rise, is too
// far ahead of them. All tracks are moved by the same amount, to stay together.
void Timeline::catch_up(TrackState const& track, Timestamp dts) {
    auto const missing = difference(sum(track.last, kMinStep), sum(dts, track.offset));
    for (auto& other : tracks_) other.offset = sum(other.offset, missing);
    offset_ = sum(offset_, missing);
    previous_offset_ = sum(previous_offset_, missing);
}

Timeline::Mapped Timeline::map(std::uint16_t number, Timestamp dts, Timestamp pts) {
    dts = believable(dts);
    auto const composition =
        std::clamp(difference(believable(pts), dts), -kMaxCompositionTime, kMaxCompositionTime);
    auto& track = state(number);
    auto const first = !track.started;
    if (first) start(track, dts);
    auto const old_offset = track.offset;
    if (!first && !continues(track, dts, track.offset)) {
        auto const crawls = within(dts - track.last_raw, kMaxBackwardJump);
        if (crawls) {
            catch_up(track, dts);
        } else {
            rejoin(track, dts);
        }
    }

    auto const wanted = sum(dts, track.offset);
    Mapped mapped;
    mapped.shift = first ? Timestamp{} : difference(track.offset, old_offset);
    mapped.dts_raised = !first && wanted < sum(track.last, kMinStep);
    mapped.dts = mapped.dts_raised ? sum(track.last, kMinStep) : wanted;
    auto const shown = sum(wanted, composition);
    mapped.pts = composition < Timestamp{} ? shown : std::max(mapped.dts, shown);

    if (!first && mapped.shift == Timestamp{} && !mapped.dts_raised) {
        track.usual_step =
            std::clamp(difference(mapped.dts, track.last), kMinStep, kMaxNominalStep);
    }
    track.last_raw = dts;
    track.last = mapped.dts;
    newest_ = started_ ? std::max(newest_, mapped.dts) : mapped.dts;
    started_ = true;
    return mapped;
}

Timestamp Timeline::corrected(Timestamp time) const {
    return sum(believable(time), offset_);
}

std::optional<Timestamp> Timeline::newest() const {
    if (!started_) return std::nullopt;
    return newest_;
}

}  // namespace tidegate::media
