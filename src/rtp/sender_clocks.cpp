#include "rtp/sender_clocks.hpp"

#include <algorithm>

namespace tidegate::rtp {

SenderClocks::SenderClocks(std::vector<bool> const& audio) {
    for (auto const is_audio : audio) tracks_.emplace_back().audio = is_audio;
}

// The track by which the others are moved: one that is placed and has a report of the sender's
// present clock, sound if there is one.
std::optional<std::size_t> SenderClocks::reference() const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        if (!tracks_[i].placed || !dated(tracks_[i])) continue;
        if (!found || (tracks_[i].audio && !tracks_[*found].audio)) found = i;
    }
    return found;
}

std::optional<base::Timestamp> SenderClocks::apart(std::size_t track, std::size_t other) const {
    if (!dated(tracks_[track]) || !dated(tracks_[other])) return std::nullopt;
    return *tracks_[track].line - *tracks_[other].line;
}

// The place of a track by the reports; nullopt when there are none, and when they cannot be right.
std::optional<base::Timestamp> SenderClocks::wanted(std::size_t number) const {
    auto const& track = tracks_[number];
    auto const to = reference();
    if (!to || *to == number || !track.placed || !dated(track)) return std::nullopt;
    auto const at = tracks_[*to].target + *apart(number, *to);
    if (std::chrono::abs(at - track.offset) > kMaxApart) return std::nullopt;
    return at;
}

void SenderClocks::report(std::size_t number, std::chrono::nanoseconds line) {
    auto& track = tracks_[number];
    bool const stepped = track.line && std::chrono::abs(line - *track.line) > kClockStep;
    if (stepped && track.clock == clock_) ++clock_;
    track.clock = clock_;
    track.line = line;
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        auto const at = wanted(i);
        if (at && std::chrono::abs(*at - tracks_[i].target) >= kTolerance) tracks_[i].target = *at;
    }
}

void SenderClocks::place(std::size_t number, base::Timestamp at) {
    auto& track = tracks_[number];
    track.placed = true;
    track.offset = track.target = at;
}

base::Timestamp SenderClocks::advance(std::size_t number, base::Timestamp dts) {
    auto& track = tracks_[number];
    auto const most = std::max(dts - track.last_dts.value_or(dts), base::Timestamp{}) / kSlewPart;
    track.last_dts = dts;
    track.offset += std::clamp(track.target - track.offset, -most, most);
    return track.offset;
}

base::Timestamp SenderClocks::sync_error(std::size_t number) const {
    auto const at = wanted(number);
    return at ? tracks_[number].offset - *at : base::Timestamp{};
}

}  // namespace tidegate::rtp
