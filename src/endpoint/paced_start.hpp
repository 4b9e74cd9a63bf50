// Lets the tracks of a publication begin in their own time. A server that places each track by the
// arrival of its first packet (MediaMTX) puts it where the first track is by then: after the time
// of that track's last packet, by as much as has passed since. What waits for a server to accept
// comes out at once, and a picture is sent before it is shown; so such a server would be up to some
// hundred milliseconds off. Here the first unit of each track leaves when it has the right place.
// Pure: time is an argument. One loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::endpoint {

// How long the tracks that have begun wait for the others. A track that is announced and never
// comes costs this much once.
inline constexpr std::chrono::milliseconds kStartWait{500};
// The first unit of a track is held back for this long at most.
inline constexpr std::chrono::milliseconds kMostHeld{500};

class PacedStart {
public:
    using Time = std::chrono::steady_clock::time_point;

    PacedStart(media::Tracks const& tracks, Time now);

    // Moves the units that leave now from `waiting` to the end of `out`; those of a track stay in
    // their order. Call it when a unit has come to the end of `waiting`, and at the time that it
    // returns. nullopt: nothing waits for a time.
    std::optional<Time> step(std::vector<media::Unit>& waiting, Time now,
                             std::vector<media::Unit>& out);
    // All tracks have begun: nothing need wait any more.
    bool over() const;

private:
    struct Track {
        bool video = false;
        bool begun = false;
        std::optional<Time> held_since;  // its first unit
    };
    struct Place {
        std::uint16_t track = 0;
        base::Timestamp pts{};
        Time at{};
    };

    bool gathered(std::vector<media::Unit> const& waiting) const;
    void order_firsts(std::vector<media::Unit>& waiting);
    Time due(media::Unit const& unit, Time now);
    std::optional<Time> next_due(std::vector<media::Unit> const& waiting, Time now);
    void leaves(media::Unit const& unit, Time now);

    std::vector<Track> tracks_;
    Time gather_until_;
    bool gathering_ = true;
    std::size_t firsts_ = 0;      // so many units at the front of `waiting` hold up all others
    std::optional<Place> leads_;  // the last unit by which the server places other tracks
};

}  // namespace tidegate::endpoint
