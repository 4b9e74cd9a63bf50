// Turns a track's units into samples. A sample's duration is known only when the next unit comes,
// so each unit gives the sample of the one before. Times are rounded to ticks each by itself;
// rounding never adds up. Owned by one writer.
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
    // start: the media time that becomes 0.
    explicit Sampler(std::uint32_t timescale, base::Timestamp start = {})
        : timescale_(timescale), start_(start) {}

    // A unit whose decode time is not later than the one before makes that one's duration 0.
    std::optional<TimedSample> push(media::Unit const& unit);
    // The last unit's sample; it lasts until `end`.
    std::optional<TimedSample> finish(base::Timestamp end);
    // The last unit's sample; it lasts as long as the one before it.
    std::optional<TimedSample> finish();

    // Whether a unit waits for its end.
    bool pending() const { return pending_.has_value(); }

private:
    std::optional<TimedSample> take(std::int64_t end);

    std::uint32_t timescale_;
    base::Timestamp start_;
    std::optional<TimedSample> pending_;
    std::uint32_t last_duration_ = 0;
};

}  // namespace tidegate::mp4
