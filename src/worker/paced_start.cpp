#include "worker/paced_start.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::worker {

std::optional<PacedStart::Time> PacedStart::step(std::vector<media::Unit>& waiting, Time now,
                                                 std::vector<media::Unit>& out) {
    if (!begun_) {
        if (now < wait_until_ && !gathered(waiting)) return wait_until_;
        take_firsts(waiting, now);
    }
    auto const later =
        std::ranges::find_if(firsts_, [&](media::Unit const& first) { return now < due(first); });
    std::move(firsts_.begin(), later, std::back_inserter(out));
    firsts_.erase(firsts_.begin(), later);
    if (firsts_.empty()) return std::nullopt;
    return due(firsts_.front());
}

bool PacedStart::gathered(std::vector<media::Unit> const& waiting) const {
    std::vector<bool> begun(tracks_);
    for (auto const& unit : waiting) begun[unit.track] = true;
    return std::ranges::all_of(begun, [](bool has) { return has; });
}

void PacedStart::take_firsts(std::vector<media::Unit>& waiting, Time now) {
    std::vector<bool> begun(tracks_);
    std::erase_if(waiting, [&](media::Unit& unit) {
        if (begun[unit.track]) return false;
        begun[unit.track] = true;
        firsts_.push_back(std::move(unit));
        return true;
    });
    std::ranges::sort(firsts_, {},
                      [](media::Unit const& unit) { return std::pair(unit.pts, unit.track); });
    begun_ = now;
    if (!firsts_.empty()) earliest_ = firsts_.front().pts;
}

PacedStart::Time PacedStart::due(media::Unit const& first) const {
    auto const after = std::min<base::Timestamp>(first.pts - earliest_, kMostApart);
    return *begun_ + std::chrono::duration_cast<Time::duration>(after);
}

}  // namespace tidegate::worker
