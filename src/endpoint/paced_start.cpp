#include "endpoint/paced_start.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tidegate::endpoint {

PacedStart::PacedStart(media::Tracks const& tracks, Time now) : gather_until_(now + kStartWait) {
    for (auto const& track : tracks) {
        tracks_.push_back({track.kind() == media::Kind::video, false, {}});
    }
}

bool PacedStart::over() const {
    return std::ranges::all_of(tracks_, &Track::begun);
}

std::optional<PacedStart::Time> PacedStart::step(std::vector<media::Unit>& waiting, Time now,
                                                 std::vector<media::Unit>& out) {
    if (gathering_) {
        if (now < gather_until_ && !gathered(waiting)) return gather_until_;
        gathering_ = false;
        order_firsts(waiting);
    }
    bool holding = false;
    std::vector<media::Unit> kept;
    std::vector<bool> held(tracks_.size());
    for (auto& unit : waiting) {
        bool const held_up = held[unit.track] || (firsts_ > 0 && holding);
        if (held_up || due(unit, now) > now) {
            if (!held_up) holding = true;
            held[unit.track] = true;
            kept.push_back(std::move(unit));
            continue;
        }
        if (firsts_ > 0) --firsts_;
        leaves(unit, now);
        out.push_back(std::move(unit));
    }
    waiting = std::move(kept);
    return next_due(waiting, now);
}

std::optional<PacedStart::Time> PacedStart::next_due(std::vector<media::Unit> const& waiting,
                                                     Time now) {
    if (waiting.empty()) return std::nullopt;
    if (firsts_ > 0) return due(waiting.front(), now);
    std::optional<Time> next;
    std::vector<bool> seen(tracks_.size());
    for (auto const& unit : waiting) {
        if (seen[unit.track]) continue;
        seen[unit.track] = true;
        auto const at = due(unit, now);
        next = std::min(next.value_or(at), at);
    }
    return next;
}

bool PacedStart::gathered(std::vector<media::Unit> const& waiting) const {
    std::vector<bool> has(tracks_.size());
    for (auto const& unit : waiting) has[unit.track] = true;
    return std::ranges::find(has, false) == has.end();
}

// Puts the first unit of each track in front of all others, in the order in which they are played.
void PacedStart::order_firsts(std::vector<media::Unit>& waiting) {
    std::vector<bool> has(tracks_.size());
    std::vector<media::Unit> firsts, others;
    for (auto& unit : waiting) {
        auto& to = has[unit.track] ? others : firsts;
        has[unit.track] = true;
        to.push_back(std::move(unit));
    }
    std::ranges::sort(firsts, {},
                      [](media::Unit const& unit) { return std::pair(unit.pts, unit.track); });
    firsts_ = firsts.size();
    std::ranges::move(others, std::back_inserter(firsts));
    waiting = std::move(firsts);
}

void PacedStart::leaves(media::Unit const& unit, Time now) {
    auto& track = tracks_[unit.track];
    bool const first = !std::exchange(track.begun, true);
    if (!leads_) leads_ = Place{unit.track, unit.pts, now};
    // Servers go by key frames: other pictures are not sent in the order in which they are shown.
    bool const places = !track.video || unit.keyframe;
    if (!first && leads_->track == unit.track && places) {
        leads_->pts = unit.pts;
        leads_->at = now;
    }
}

// When a unit may leave that no other one holds up.
PacedStart::Time PacedStart::due(media::Unit const& unit, Time now) {
    auto& track = tracks_[unit.track];
    if (track.begun || !leads_) return now;
    if (!track.held_since) track.held_since = now;
    auto const after = std::clamp<base::Timestamp>(unit.pts - leads_->pts, {}, kMostHeld);
    return std::min(leads_->at + std::chrono::duration_cast<Time::duration>(after),
                    *track.held_since + kMostHeld);
}

}  // namespace tidegate::endpoint
