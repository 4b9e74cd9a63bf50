#include "worker/health.hpp"

#include <algorithm>

namespace tidegate::worker {

namespace {

std::string sentence(media::Kind missing, char const* where) {
    bool const picture = missing == media::Kind::video;
    return std::string(picture ? "no picture" : "no sound") + " " + where + " while " +
           (picture ? "sound" : "the picture") + " does";
}

}  // namespace

void Health::on_tracks(media::Tracks const& tracks) {
    kinds_.clear();
    for (auto const& track : tracks) kinds_.push_back(track.kind());
}

std::string const& Health::look(Statistics const& statistics, bool flowing, Time now,
                                std::chrono::milliseconds delay) {
    if (flowing && !flowing_) flowing_since_ = now;
    flowing_ = flowing;
    note(in_, statistics.in(), now);
    note(out_, statistics.out(), now);
    trouble_.clear();
    if (!flowing_) return trouble_;
    if (auto const kind = missing(in_, now, kTrackMissingAfter)) {
        trouble_ = sentence(*kind, "comes in");
    } else if (auto const lost = missing(out_, now, kTrackMissingAfter + delay)) {
        trouble_ = sentence(*lost, "goes out");
    }
    return trouble_;
}

void Health::note(Flows& flows, std::vector<TrackCounts> const& counts, Time now) {
    flows.resize(std::max(flows.size(), counts.size()));
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i].units == flows[i].units) continue;
        flows[i] = {counts[i].units, now};
    }
}

// The kind of track of which nothing has come for a long time, although the other kind goes on;
// nullopt: there is none.
std::optional<media::Kind> Health::missing(Flows const& flows, Time now,
                                           std::chrono::milliseconds patience) const {
    std::optional<media::Kind> quiet;
    bool any_flows = false;
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
        auto const at = i < flows.size() ? std::max(flows[i].at, flowing_since_) : flowing_since_;
        if (now - at >= patience) {
            quiet = kinds_[i];
        } else if (i < flows.size() && flows[i].at == at) {
            any_flows = true;
        }
    }
    return any_flows ? quiet : std::nullopt;
}

}  // namespace tidegate::worker
