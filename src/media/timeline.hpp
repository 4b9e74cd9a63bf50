// Corrects a publisher's time stamps, so that readers can rely on them:
//   - Decode times rise strictly within each track.
//   - The distance from a unit's decode time to its presentation time stays as it was sent, even a
//     negative one: the decode times of some encoders are too late.
//   - Audio and video stay as far apart as they were sent.
// A stream without a discontinuity passes unchanged. No clock; one Timeline per publication, used
// by one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/cache_line.hpp"
#include "base/time.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// A decode time that lies more than this after the newest one of all tracks is not a gap in the
// stream: the encoder's clock has jumped.
inline constexpr base::Timestamp kMaxForwardJump = std::chrono::seconds(10);
// A decode time at most this much before the track's last one is no jump of the clock. Output does
// not step back: it rises by kMinStep with each unit until the input has caught up.
inline constexpr base::Timestamp kMaxBackwardJump = std::chrono::seconds(1);
// The smallest step between two decode times of a track. RTMP counts milliseconds, so its readers
// would not see a smaller one.
inline constexpr base::Timestamp kMinStep = std::chrono::milliseconds(1);
// After a jump, output goes on by the track's usual step between two units. kNominalStep stands for
// it until the track has had two units; it is cut to kMaxNominalStep.
inline constexpr base::Timestamp kNominalStep = std::chrono::milliseconds(20);
inline constexpr base::Timestamp kMaxNominalStep = std::chrono::milliseconds(100);
// The largest distance between decode and presentation time, in either direction. No decoder holds
// pictures back for so long; a larger distance is cut to this.
inline constexpr base::Timestamp kMaxCompositionTime = std::chrono::minutes(1);
// Input is cut to this range: 70 years, so that times since 1970 pass. Output stays within twice as
// much, so no sum of an output, an input and an offset overflows 64 bits of nanoseconds.
inline constexpr base::Timestamp kMaxMediaTime = std::chrono::hours(24 * 365 * 70);

// A time in milliseconds, as RTMP sends it, cut to the range of kMaxMediaTime.
base::Timestamp from_milliseconds(std::int64_t milliseconds);

class Timeline {
public:
    struct Mapped {
        base::Timestamp dts{};
        base::Timestamp pts{};
        // By how much the correction, which map() adds to the publisher's times, changed with this
        // unit. It is 0 except at a jump of the publisher's time stamps.
        base::Timestamp shift{};
        bool dts_raised = false;  // dts is later than wanted, so that it rises
    };

    // The corrected times of a track's next unit. dts, pts: as the publisher sent them, the units
    // of a track in the order of decoding. REQUIRES: track < kMaxTracks.
    Mapped map(std::uint16_t track, base::Timestamp dts, base::Timestamp pts);

    // The corrected time of something that is no unit, such as a caption: what map() would make of
    // it for the track whose time stamps jumped last.
    base::Timestamp corrected(base::Timestamp time) const;

    // Fetches into the cache what map() will use beside the object itself.
    void prefetch() const { base::prefetch(tracks_.data(), tracks_.size() * sizeof(TrackState)); }

    // The latest decode time that map() has returned for any track; nullopt before the first.
    std::optional<base::Timestamp> newest() const;

private:
    struct TrackState {
        bool started = false;
        base::Timestamp offset{};
        base::Timestamp last_raw{};
        base::Timestamp last{};
        base::Timestamp usual_step = kNominalStep;
    };

    TrackState& state(std::uint16_t track);
    void start(TrackState& track, base::Timestamp dts) const;
    bool continues(TrackState const& track, base::Timestamp dts, base::Timestamp offset) const;
    void rejoin(TrackState& track, base::Timestamp dts);
    void catch_up(TrackState const& track, base::Timestamp dts);

    std::vector<TrackState> tracks_;
    // After a jump, tracks change to the new offset one by one, each when its own time stamps
    // jump.
    base::Timestamp offset_{};
    base::Timestamp previous_offset_{};
    base::Timestamp newest_{};
    bool started_ = false;
};

}  // namespace tidegate::media
