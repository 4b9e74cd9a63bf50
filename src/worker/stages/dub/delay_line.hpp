// Holds pictures, and what else is not dubbed, for a fixed delay, and then hands them on together
// with the sound that was made meanwhile. Nothing goes out early, and no track waits for another.
// Held units are pointers to what was received. Pure: time is an argument. The worker's loop.
//
// Memory: what arrives within the delay, up to `most_bytes`. When that is reached, the newest
// pictures are dropped up to the next key frame: those that are held already stay in time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "media/track.hpp"
#include "media/unit.hpp"
#include "worker/stage.hpp"
#include "worker/stages/dub/arrival_clock.hpp"

namespace tidegate::worker {

// Sound waits this long for the next picture, so that both are written together: a write costs more
// than its bytes.
inline constexpr std::chrono::milliseconds kSoundWait{15};
// What is due goes out up to this much earlier or later, with the next bytes that come in: pictures
// come and go at the same pace, and waking once for both costs half. Nobody sees it; the input
// itself jitters by more.
inline constexpr std::chrono::milliseconds kTogether{5};

class DelayLine {
public:
    using Time = ArrivalClock::Time;

    DelayLine(std::chrono::milliseconds delay, std::size_t most_bytes)
        : delay_(delay), most_bytes_(most_bytes) {}

    // A unit of any track has come; of dubbed ones only this is told.
    void note(base::Timestamp dts, Time arrival) { clock_.note(dts, arrival); }
    // Holds a unit, or a change of the tracks, until arrival + delay.
    void hold(media::Unit unit, Time arrival);
    void hold(media::Tracks tracks, Time arrival);
    // Sound that was made. Its times are those of the output: later than the source's by the delay.
    void add_sound(std::vector<media::Unit>&& units);

    // The time of the source (not of the output) that goes out at that time.
    base::Timestamp reached(Time when) const { return clock_.at(when - delay_); }
    ArrivalClock const& clock() const { return clock_; }

    // Hands on what is due. all_sound: also sound whose time has not come; the source has ended.
    void release(Time now, UnitSink& sink, bool all_sound = false);
    // When something will be due; nullopt: not before something comes.
    std::optional<Time> next_due() const;

    bool empty() const { return held_.empty() && sound_.empty(); }
    bool holds_pictures() const { return !held_.empty(); }
    std::size_t bytes() const { return bytes_; }
    std::uint64_t dropped() const { return dropped_; }

private:
    struct Held {
        Time arrival;
        std::variant<media::Unit, media::Tracks> what;
    };

    bool is_first(media::Unit const& sound) const;
    void release_held(UnitSink& sink);

    std::chrono::milliseconds const delay_;
    std::size_t const most_bytes_;
    ArrivalClock clock_;
    std::deque<Held> held_;
    std::deque<media::Unit> sound_;
    std::size_t bytes_ = 0;               // of the payloads in held_
    std::vector<bool> waiting_keyframe_;  // by track, after a drop
    std::uint64_t dropped_ = 0;
};

}  // namespace tidegate::worker
