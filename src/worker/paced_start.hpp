// Lets the tracks of a publication begin in their own time. What waits for a server to accept comes
// out at once, and a server that places each track by the arrival of its first packet (MediaMTX)
// would put all tracks at one time, up to some hundred milliseconds off. So the first units leave
// as far apart as they are played, and all others follow the last of them. Pure: time is an
// argument. One loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "media/unit.hpp"

namespace tidegate::worker {

// How long the tracks that have begun wait for the others. A track that is announced and never
// comes costs this much once.
inline constexpr std::chrono::milliseconds kStartWait{500};
// Tracks that begin further apart than this were never together; they are not held back for it.
inline constexpr std::chrono::milliseconds kMostApart{500};

class PacedStart {
public:
    using Time = std::chrono::steady_clock::time_point;

    PacedStart(std::size_t tracks, Time now) : tracks_(tracks), wait_until_(now + kStartWait) {}

    // Moves the units that leave now from `waiting` to the end of `out`. Returns when to call it
    // again, also with units that have come since; nullopt: the start is over, all units may leave.
    std::optional<Time> step(std::vector<media::Unit>& waiting, Time now,
                             std::vector<media::Unit>& out);

private:
    bool gathered(std::vector<media::Unit> const& waiting) const;
    void take_firsts(std::vector<media::Unit>& waiting, Time now);
    Time due(media::Unit const& first) const;

    std::size_t tracks_;
    Time wait_until_;
    std::optional<Time> begun_;        // when the first unit was due; nullopt: not yet
    base::Timestamp earliest_{};       // the pts of that unit
    std::vector<media::Unit> firsts_;  // the first unit of each track, in the order of pts
};

}  // namespace tidegate::worker
