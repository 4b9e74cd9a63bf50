// Makes samples of a track's units. The duration of a sample is known only when the next unit
// comes, so each unit returns the sample of the unit before it. Each time is rounded to ticks
// separately, so rounding errors do not add up. One per track, used by one thread at a time.
#pragma once

#include <cstdint>
#include <optional>

#include "media/unit.hpp"
#include "mp4/fragment.hpp"

namespace tidegate::mp4 {

struct TimedSample {
    std::int64_t decode_time = 0;  // in ticks; below 0 when the unit is from before the start
    FragmentSample sample;
};

class Sampler {
public:
    // start: the media time that becomes decode time 0.
    explicit Sampler(std::uint32_t timescale, base::Timestamp start = {})
        : timescale_(timescale), start_(start) {}

    // When the unit's decode time is not later than that of the unit before, the returned sample
    // has the duration 0.
    std::optional<TimedSample> push(media::Unit const& unit);
    // The sample of the last unit, which lasts until `end`.
    std::optional<TimedSample> finish(base::Timestamp end);
    // The sample of the last unit, which lasts as long as the one before it.
    std::optional<TimedSample> finish();

    // Whether a unit waits for its duration.
    bool pending() const { return pending_.has_value(); }

private:
    std::optional<TimedSample> take(std::int64_t end);

    std::uint32_t timescale_;
    base::Timestamp start_;
    std::optional<TimedSample> pending_;
    std::uint32_t last_duration_ = 0;
};

}  // namespace tidegate::mp4
