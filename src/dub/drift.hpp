// The sample clock of a source against its timestamps. An encoder's sound card runs up to some
// hundred ppm faster or slower than the clock that its timestamps (and its pictures) follow; laid
// end to end, the sound of an hour would be 0.7 s off. This says where to lay each piece of sound,
// and by how much the resampler has to stretch, so that the line follows the timestamps within
// 2 ms. Pure; one thread at a time.
//
//   auto const place = drift.next(timestamp, frames, swr_get_delay(swr, rate));
//   if (place.compensation) swr_set_compensation(swr, ->frames, ->distance);
//   if (place.gap > 0) lay what swr still holds where the sound ended, and let it begin anew
//   resample the piece without its first place.skip frames; n frames come out
//   timeline.put(place.at, ...); cutter.put(place.at, ...);
//   drift.laid(n);
//
// swr must resample from its beginning (SWR_FLAG_RESAMPLE), even from one rate to the same:
// otherwise the first compensation begins it anew, and loses what it holds.
//
// Timestamps are rounded (RTMP: 1 ms) and may jitter. Their average is followed, by at most
// kMaxSlew: a change of pitch of 1.7 cent, where an ear hears 5. A step forward of most of a piece
// is a gap: a unit was lost, or the source paused. So is a shorter one that stays. After a step
// back, sound is left out until the timestamps are where the line is; after a large one, the clock
// itself has been set back, and the line goes on from where it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "dub/position.hpp"

namespace tidegate::dub {

// How much faster or slower the sound may be made.
inline constexpr double kMaxSlew = 0.001;
// How often the compensation is set anew. It is complete by then.
inline constexpr std::chrono::seconds kSlewPeriod{1};
// A difference to the timestamps that is at least this, and most of a piece of sound, is no drift.
inline constexpr std::chrono::milliseconds kMinJump{8};
// If sound is this far from its time on average, the resampler cannot follow: the clock is off by
// more than kMaxSlew, or the timestamps have made a step that is shorter than a piece. Sound is
// moved at once, then.
inline constexpr std::chrono::milliseconds kMaxOffset{5};
// Sound that is at most this late is a repetition; nobody wants to lose more than this.
inline constexpr std::chrono::seconds kMaxOverlap{1};

class Drift {
public:
    struct Compensation {
        std::int64_t frames = 0;    // that the resampler adds; negative: drops
        std::int64_t distance = 0;  // frames of its output over which it does that
        bool operator==(Compensation const&) const = default;
    };
    struct Placement {
        Position at = 0;
        Frames gap = 0;   // silence of the source before this piece
        Frames skip = 0;  // of the piece, whose place is taken already; up to the whole
        // The clock was set back, and from now on positions stand for times that are earlier by
        // this (negative). Pictures have to move as well.
        base::Timestamp shift{};
        std::optional<Compensation> compensation;  // set it before the piece is resampled
    };

    // `origin`: the timestamp of position 0. `sample_rate`: of the line. REQUIRES: it is > 0.
    Drift(base::Timestamp origin, std::uint32_t sample_rate);

    // Where the next piece of sound belongs. `timestamp`: of its first frame. `frames`: its length
    // at the rate of the line, if nothing is compensated. `held`: frames that the resampler holds
    // of the pieces before.
    Placement next(base::Timestamp timestamp, Frames frames, Frames held = 0);
    // What was put on the line for it, after resampling.
    void laid(Frames frames) { end_ += frames; }

    // The position of a timestamp, and back.
    Position position_of(base::Timestamp timestamp) const;
    base::Timestamp timestamp_of(Position position) const;

    // By how much sound is laid too early (positive) or too late; an average.
    std::chrono::nanoseconds offset() const;
    // The rate of the source's sample clock against its timestamps: 1e-6 is 1 ppm too fast.
    double skew() const;

private:
    void begin_at(Position at);
    bool is_jump(double difference, Frames frames) const;
    bool is_too_far() const;
    void jump(Placement& place, Position belongs, Frames difference, Frames frames);
    void follow(double difference, Frames frames);
    std::optional<Compensation> compensate();

    base::Timestamp origin_;
    std::uint32_t sample_rate_;
    bool started_ = false;
    Position end_ = 0;       // of the sound that was laid
    double difference_ = 0;  // frames from where sound is laid to where it belongs; average
    double jitter_ = 0;      // frames that a piece is away from this average; average
    double per_period_ = 0;  // frames that are added in each period because of the skew
    Position next_period_ = 0;
};

}  // namespace tidegate::dub
