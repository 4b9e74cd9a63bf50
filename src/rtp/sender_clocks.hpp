// Puts the tracks of one sender on one time line. Each track has a clock of its own; the sender's
// reports give the wall time of each (RFC 3550 §6.4.1). The time line runs with the sound's clock,
// since audio frames must follow one another without a gap. Video is moved towards what the reports
// say, at most 20 ms a second, never in one step. Pure; one per connection, one thread.
//
// A track's times are those of its RTP clock; its first unit is time 0.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace tidegate::rtp {

class SenderClocks {
public:
    // A smaller difference between reports is ignored: some senders round to milliseconds.
    static constexpr std::chrono::milliseconds kTolerance{1};
    // A track is moved by at most 1/50 of the time that passes: nobody notices 20 ms a second.
    static constexpr std::int64_t kSlewPart = 50;
    // A larger step between two reports of a track is no drift: the sender has set its clock. The
    // other tracks' earlier reports are then of the old clock and no longer used.
    static constexpr std::chrono::milliseconds kClockStep{100};
    // Reports that put two tracks further apart than this are of different clocks: ignored.
    static constexpr std::chrono::seconds kMaxApart{10};

    // audio: for each track, whether it is sound.
    explicit SenderClocks(std::vector<bool> const& audio);

    // A report came. line: the wall time of the track's time 0.
    void report(std::size_t track, std::chrono::nanoseconds line);
    bool reported(std::size_t track) const { return tracks_[track].line.has_value(); }
    // How much later `track`'s time 0 is than `other`'s; nullopt when the reports do not say.
    std::optional<base::Timestamp> apart(std::size_t track, std::size_t other) const;

    // Puts the track's time 0 at `at` on the common time line. Once for each track.
    void place(std::size_t track, base::Timestamp at);
    bool placed(std::size_t track) const { return tracks_[track].placed; }
    // Where the track's time 0 is now.
    base::Timestamp offset(std::size_t track) const { return tracks_[track].offset; }
    // The same for the track's next unit, whose decode time is dts: video moves here. REQUIRES:
    // placed().
    base::Timestamp advance(std::size_t track, base::Timestamp dts);

    // How much later the track is than the reports say; negative: earlier; 0 without reports.
    base::Timestamp error(std::size_t track) const;

private:
    struct Track {
        bool audio = false;
        bool placed = false;
        std::size_t clock = 0;  // which of the sender's clocks, counted from its first, it reported
        std::optional<std::chrono::nanoseconds> line;
        base::Timestamp offset{};
        base::Timestamp target{};
        std::optional<base::Timestamp> last_dts;
    };

    bool dated(Track const& track) const { return track.line && track.clock == clock_; }
    std::optional<std::size_t> reference() const;
    std::optional<base::Timestamp> wanted(std::size_t track) const;

    std::vector<Track> tracks_;
    std::size_t clock_ = 0;
};

}  // namespace tidegate::rtp
