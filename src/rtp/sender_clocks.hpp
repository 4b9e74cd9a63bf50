// Where the tracks of one sender lie on one time line: each has a clock of its own, and the
// sender's reports date them all (RFC 3550 §6.4.1). The sound's clock is the time line's, for its
// frames must follow one another without a seam; pictures are moved, little by little and never at
// once. Pure; one per connection, one thread.
//
// Times of a track are its RTP clock's, from its first unit; `line` is the wall time of their zero.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace tidegate::rtp {

class SenderClocks {
public:
    // Reports whose clocks differ by less say the same: some are rounded to milliseconds.
    static constexpr std::chrono::milliseconds kTolerance{1};
    // How much a track is moved: 20 ms a second go unnoticed.
    static constexpr std::int64_t kSlewPart = 50;
    // A step between two reports of a track that no drift makes: the sender has set its clock, and
    // what the other tracks have reported before is of the old one.
    static constexpr std::chrono::milliseconds kClockStep{100};
    // Nobody sends tracks that are so far apart: their reports are of different clocks.
    static constexpr std::chrono::seconds kMaxApart{10};

    // audio: for each track.
    explicit SenderClocks(std::vector<bool> const& audio);

    // A report dates the track's zero.
    void report(std::size_t track, std::chrono::nanoseconds line);
    bool reported(std::size_t track) const { return tracks_[track].line.has_value(); }
    // How much later than another's the track's zero is; nullopt: their reports do not say.
    std::optional<base::Timestamp> apart(std::size_t track, std::size_t other) const;

    // The track's zero lies there on the common time line. Once for each track.
    void place(std::size_t track, base::Timestamp at);
    bool placed(std::size_t track) const { return tracks_[track].placed; }
    // Where it lies now.
    base::Timestamp offset(std::size_t track) const { return tracks_[track].offset; }
    // Where it lies for its next unit, which is decoded then. REQUIRES: placed().
    base::Timestamp advance(std::size_t track, base::Timestamp dts);

    // How much later than the reports say the track lies; 0 where they say nothing.
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
