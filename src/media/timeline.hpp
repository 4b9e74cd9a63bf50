// Turns a publisher's time stamps into ones that a reader can trust: decode times that rise
// strictly within each track, presentation times as far from them as they were sent (before them,
// too: some encoders count decode times late), audio and video as far apart as they were sent. A
// stream without discontinuity passes unchanged. Pure; owned by one session. Times are
// base::Timestamp.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/cache_line.hpp"
#include "base/time.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// A step forward of more than this beyond every track is a jump of the encoder's clock, not a gap
// in the stream.
inline constexpr base::Timestamp kMaxForwardJump = std::chrono::seconds(10);
// Steps back of up to this are jitter of the sender's interleaving: held back, not followed.
inline constexpr base::Timestamp kMaxBackwardJump = std::chrono::seconds(1);
// RTMP's resolution: a smaller step would be no step for its readers.
inline constexpr base::Timestamp kMinStep = std::chrono::milliseconds(1);
// How far output moves on across a jump when the track has no usual step yet, and at most.
inline constexpr base::Timestamp kNominalStep = std::chrono::milliseconds(20);
inline constexpr base::Timestamp kMaxNominalStep = std::chrono::milliseconds(100);
// A picture shown this long after its decoding, or before it, is a lie: no reorder buffer is that
// deep.
inline constexpr base::Timestamp kMaxCompositionTime = std::chrono::minutes(1);
// Input beyond this (70 years, so that epoch times pass) is cut, and output stays within twice as
// much: no sum of an output, an input and an offset then overflows 64 bits of nanoseconds.
inline constexpr base::Timestamp kMaxMediaTime = std::chrono::hours(24 * 365 * 70);

// Milliseconds as RTMP counts them, cut to kMaxMediaTime.
base::Timestamp from_milliseconds(std::int64_t milliseconds);

class Timeline {
public:
    struct Mapped {
        base::Timestamp dts{};
        base::Timestamp pts{};
        base::Timestamp
            shift{};  // how much this track's offset changed with this unit; 0 nearly always
        bool held_back = false;  // dts was raised to keep rising
    };

    // REQUIRES: track < kMaxTracks.
    Mapped map(std::uint16_t track, base::Timestamp dts, base::Timestamp pts);

    // Fetches what map() will touch beside the object itself.
    void prefetch() const { base::prefetch(tracks_.data(), tracks_.size() * sizeof(TrackState)); }

    // The latest decode time given out on any track.
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
    // After a jump, tracks leave the old offset one by one, each when its own time stamps jump.
    base::Timestamp offset_{};
    base::Timestamp previous_offset_{};
    base::Timestamp newest_{};
    bool started_ = false;
};

}  // namespace tidegate::media
