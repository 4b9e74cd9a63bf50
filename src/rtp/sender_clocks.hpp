// Puts the tracks of one sender on one time line. Each track has a clock of its own, and its zero
// is its first unit. The sender's reports tell the wall time of each clock (RFC 3550 §6.4.1). The
// time line runs with the clock of the sound, because audio frames must follow one another without
// a gap. Video is moved towards the place that the reports give it, by at most 20 ms a second. No
// clock of its own. One per connection, used by one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace tidegate::rtp {

class SenderClocks {
public:
    // A smaller difference between two reports is ignored: some senders round to milliseconds.
    static constexpr std::chrono::milliseconds kTolerance{1};
    // A track is moved by at most 1/50 of the time that passes, which nobody notices.
    static constexpr std::int64_t kSlewPart = 50;
    // A larger step between two reports of a track means that the sender has set its clock. The
    // earlier reports of the other tracks are of the old clock then and are not used any more.
    static constexpr std::chrono::milliseconds kClockStep{100};
    // Reports that put two tracks further apart than this cannot be of one clock; they are ignored.
    static constexpr std::chrono::seconds kMaxApart{10};

    // audio: one entry per track, true for sound.
    explicit SenderClocks(std::vector<bool> const& audio);

    // A report of a track came. line: the wall time at which the track's time 0 was, by the report.
    void report(std::size_t track, std::chrono::nanoseconds line);
    bool reported(std::size_t track) const { return tracks_[track].line.has_value(); }
    // By how much the time 0 of `track` is later than that of `other`; nullopt when there are no
    // reports of both from the same clock.
    std::optional<base::Timestamp> apart(std::size_t track, std::size_t other) const;

    // Puts the track's time 0 at `at` on the common time line. Call it once for each track.
    void place(std::size_t track, base::Timestamp at);
    bool placed(std::size_t track) const { return tracks_[track].placed; }
    // Where the track's time 0 is on the common time line now.
    base::Timestamp offset(std::size_t track) const { return tracks_[track].offset; }
    // The same for the track's next unit, whose decode time by its own clock is dts. Video is moved
    // here. REQUIRES: placed(track).
    base::Timestamp advance(std::size_t track, base::Timestamp dts);

    // By how much the track is later than the reports say; negative when it is earlier, 0 when the
    // reports do not say.
    base::Timestamp sync_error(std::size_t track) const;

private:
    struct Track {
        bool audio = false;
        bool placed = false;
        std::size_t clock = 0;  // how often the sender had set its clock at the last report
        std::optional<std::chrono::nanoseconds> line;  // wall time of time 0, by the last report
        base::Timestamp offset{};                      // of time 0 on the common time line
        base::Timestamp target{};                      // to which offset is moved
        std::optional<base::Timestamp> last_dts;
    };

    bool dated(Track const& track) const { return track.line && track.clock == clock_; }
    std::optional<std::size_t> reference() const;
    std::optional<base::Timestamp> wanted(std::size_t track) const;

    std::vector<Track> tracks_;
    std::size_t clock_ = 0;  // how often the sender has set its clock
};

}  // namespace tidegate::rtp
