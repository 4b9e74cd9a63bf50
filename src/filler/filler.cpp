#include "filler/filler.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::filler {

void Filler::hold(std::uint16_t track, Still still, base::Timestamp first,
                  base::Timestamp composition) {
    lanes_.push_back({track, Held{std::move(still), first, composition}});
}

void Filler::be_silent(std::uint16_t track, media::Silence silence, base::Timestamp first) {
    lanes_.push_back({track, Silent{std::move(silence), first}});
}

void Filler::loop(std::uint16_t track, std::shared_ptr<Slate const> slate, std::uint16_t own,
                  base::Timestamp start) {
    lanes_.push_back({track, Looped{std::move(slate), own, start}});
}

void Filler::stop(std::uint16_t track) {
    std::erase_if(lanes_, [track](Lane const& lane) { return lane.track == track; });
}

bool Filler::fills(std::uint16_t track) const {
    return std::ranges::find(lanes_, track, &Lane::track) != lanes_.end();
}

void Filler::fill(base::Timestamp until, std::vector<media::Unit>& out) {
    auto const begin = static_cast<std::ptrdiff_t>(out.size());
    for (auto& lane : lanes_) {
        std::visit([&](auto& content) { fill_lane(lane.track, content, until, out); },
                   lane.content);
    }
    std::sort(out.begin() + begin, out.end(), [](media::Unit const& a, media::Unit const& b) {
        return std::pair(a.dts, a.track) < std::pair(b.dts, b.track);
    });
}

void Filler::fill_lane(std::uint16_t track, Held& held, base::Timestamp until,
                       std::vector<media::Unit>& out) {
    held.next = std::max(held.next, until - kMostAtOnce);
    for (; held.next <= until; held.next += kStillInterval) {
        out.push_back({.track = track,
                       .keyframe = true,
                       .pts = held.next + held.composition,
                       .dts = held.next,
                       .payload = held.still.next()});
    }
}

void Filler::fill_lane(std::uint16_t track, Silent& silent, base::Timestamp until,
                       std::vector<media::Unit>& out) {
    auto const& silence = silent.silence;
    auto const at = [&] { return silent.first + silence.duration(silent.count); };
    auto const due = until - silence.duration();
    if (at() < due - kMostAtOnce) {
        silent.first = due - kMostAtOnce;
        silent.count = 0;
    }
    for (; at() <= due; ++silent.count) {
        out.push_back(
            {.track = track, .keyframe = true, .pts = at(), .dts = at(), .payload = silence.unit});
    }
}

void Filler::fill_lane(std::uint16_t track, Looped& looped, base::Timestamp until,
                       std::vector<media::Unit>& out) {
    auto const& slate = *looped.slate;
    auto const& units = slate.units[looped.own];
    // Whole rounds, so that all tracks of the clip stay together.
    while (looped.start + slate.duration < until - kMostAtOnce) {
        looped.start += slate.duration;
        looped.next = 0;
    }
    while (true) {
        if (looped.next == units.size()) {
            looped.start += slate.duration;
            looped.next = 0;
        }
        auto unit = units[looped.next];
        if (looped.start + unit.dts > until) return;
        ++looped.next;
        unit.track = track;
        unit.dts += looped.start;
        unit.pts += looped.start;
        out.push_back(std::move(unit));
    }
}

}  // namespace tidegate::filler
