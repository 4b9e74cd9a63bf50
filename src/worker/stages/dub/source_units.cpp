#include "worker/stages/dub/source_units.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "codec/encoder.hpp"
#include "codec/piece.hpp"
#include "media/aac.hpp"

namespace tidegate::worker {

namespace {

constexpr std::uint32_t kLowComplexity = 2;
// The standard's limit for a unit: 6144 bits a channel. Longer ones are damaged, or hostile.
constexpr std::size_t kMostBytesOfChannel = 6144 / 8;
// More than those of the longest fragment at the highest rate: 10 s of 96 kHz.
constexpr std::size_t kMostUnits = 1024;
// The last sound before a gap is as long as the resampler made it.
constexpr dub::Frames kRounding = 64;

constexpr auto kUnitFrames = static_cast<dub::Frames>(codec::kAacFrames);

}  // namespace

void SourceUnits::set_track(media::Track const& track) {
    interrupt();
    config_.reset();
    auto const* const config = std::get_if<media::AacConfig>(&track.config);
    auto const core = config != nullptr ? media::aac_core(*config) : std::nullopt;
    if (core && core->object_type == kLowComplexity && core->sample_rate == format_.sample_rate &&
        core->channel_configuration == format_.channel_count) {
        config_ = *config;
    }
}

void SourceUnits::add(dub::Position at, base::ByteView unit) {
    if (!config_ || unit.size() > kMostBytesOfChannel * format_.channel_count) return interrupt();
    if (units_.size() == kMostUnits) units_.pop_front();
    units_.push_back({at, {unit.begin(), unit.end()}});
}

dub::Position SourceUnits::nearest(dub::Position to, dub::Position least) const {
    auto const next = std::ranges::lower_bound(units_, std::max(to, least), {},
                                               [](Unit const& u) { return u.at; });
    std::optional<dub::Position> best;
    if (next != units_.end()) best = next->at;
    if (next != units_.begin()) {
        auto const before = std::prev(next)->at;
        if (before >= least && (!best || to - before < *best - to)) best = before;
    }
    return best && std::abs(*best - to) <= kUnitFrames ? *best : to;
}

std::optional<std::size_t> SourceUnits::find(dub::Position at) const {
    auto const found = std::ranges::lower_bound(units_, at, {}, [](Unit const& u) { return u.at; });
    if (found == units_.end() || found->at != at) return std::nullopt;
    return static_cast<std::size_t>(found - units_.begin());
}

// The index behind the last unit before `end`.
std::optional<std::size_t> SourceUnits::end_of(dub::Position end) const {
    if (auto const next = find(end)) return next;
    bool const whole =
        !units_.empty() && std::abs(units_.back().at + kUnitFrames - end) <= kRounding;
    return whole ? std::optional(units_.size()) : std::nullopt;
}

std::optional<base::Bytes> SourceUnits::adts(dub::Position first, dub::Position end) const {
    auto const begin = find(first);
    auto const stop = end_of(end);
    // Each unit needs the one before it: half of what is heard of it is in there.
    if (!begin || *begin == 0 || !stop || *stop <= *begin) return std::nullopt;
    std::vector<base::ByteView> sent;
    for (auto i = *begin - 1; i < *stop; ++i) sent.emplace_back(units_[i].bytes);
    auto frames = codec::adts_frames(*config_, sent);
    return frames ? std::optional(std::move(*frames)) : std::nullopt;
}

void SourceUnits::forget_before(dub::Position at) {
    while (units_.size() > 1 && units_[1].at < at) units_.pop_front();
}

}  // namespace tidegate::worker
