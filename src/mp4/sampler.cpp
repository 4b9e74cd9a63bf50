#include "mp4/sampler.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/time.hpp"

namespace tidegate::mp4 {

namespace {

template <class To>
To clamped(std::int64_t value) {
    return static_cast<To>(std::clamp<std::int64_t>(value, std::numeric_limits<To>::min(),
                                                    std::numeric_limits<To>::max()));
}

}  // namespace

std::optional<TimedSample> Sampler::push(media::Unit const& unit) {
    auto dts = base::to_ticks(unit.dts - start_, timescale_);
    auto const pts = base::to_ticks(unit.pts - start_, timescale_);
    if (pending_) dts = std::max(dts, pending_->decode_time);
    auto before = take(dts);
    pending_ = TimedSample{dts,
                           {.duration = 0,
                            .composition_offset = clamped<std::int32_t>(pts - dts),
                            .sync = unit.keyframe,
                            .payload = unit.payload}};
    return before;
}

std::optional<TimedSample> Sampler::finish(base::Timestamp end) {
    return take(base::to_ticks(end - start_, timescale_));
}

std::optional<TimedSample> Sampler::finish() {
    return take(pending_ ? pending_->decode_time + last_duration_ : 0);
}

std::optional<TimedSample> Sampler::take(std::int64_t end) {
    if (!pending_) return std::nullopt;
    last_duration_ = clamped<std::uint32_t>(end - pending_->decode_time);
    pending_->sample.duration = last_duration_;
    return std::exchange(pending_, std::nullopt);
}

}  // namespace tidegate::mp4
