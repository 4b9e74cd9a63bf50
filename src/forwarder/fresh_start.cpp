#include "forwarder/fresh_start.hpp"

#include <algorithm>
#include <utility>

#include "endpoint/input.hpp"

namespace tidegate::forwarder {

void FreshStart::on_tracks(media::Tracks const& tracks) {
    video_.reset();
    for (std::size_t i = 0; i < tracks.size() && !video_; ++i) {
        if (tracks[i].kind() == media::Kind::video) video_ = i;
    }
}

// Without pictures, each unit is a beginning.
bool FreshStart::begins(media::Unit const& unit) const {
    return video_ ? unit.track == *video_ && unit.keyframe : true;
}

void FreshStart::keep(media::Unit const& unit) {
    bool const is_full = kept_.size() >= kMostKeptUnits || bytes_ >= kMostKeptBytes;
    if (is_full || begins(unit)) clear();
    if (kept_.empty() && !begins(unit)) return;
    bytes_ += unit.payload.size();
    kept_.push_back(unit);
}

void FreshStart::clear() {
    kept_.clear();
    bytes_ = 0;
}

// A unit of another track may be a little older than the key frame.
std::vector<media::Unit> FreshStart::begin() {
    if (kept_.empty()) return {};
    origin_ = std::ranges::min(kept_, {}, &media::Unit::dts).dts - endpoint::kOutputLead;
    auto units = std::exchange(kept_, {});
    bytes_ = 0;
    for (auto& unit : units) unit = shifted(std::move(unit));
    return units;
}

media::Unit FreshStart::shifted(media::Unit unit) const {
    unit.dts -= origin_;
    unit.pts -= origin_;
    return unit;
}

}  // namespace tidegate::forwarder
