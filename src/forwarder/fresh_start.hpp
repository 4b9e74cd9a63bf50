// What a new connection to a destination begins with: a target can show nothing before a key frame.
// While no connection flows, the units since the last key frame are kept, so that a connection that
// is accepted begins at once. Its times begin near 0, whatever the time on the input's line is.
// Pure. One for each run.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::forwarder {

// What is kept of a group of pictures: ten seconds at 25 Mbit/s. A longer group is given up, and
// the connection begins with the next one.
inline constexpr std::size_t kMostKeptUnits = 4096;
inline constexpr std::size_t kMostKeptBytes = std::size_t{32} * 1024 * 1024;

class FreshStart {
public:
    void on_tracks(media::Tracks const& tracks);
    // A unit has come while nothing flows.
    void keep(media::Unit const& unit);
    // Nothing is kept any more: what comes next does not follow what was kept.
    void clear();

    // What the connection begins with, with its own times; empty: no key frame has come.
    std::vector<media::Unit> begin();
    // The same unit with the times of the connection. REQUIRES: begin() has returned units.
    media::Unit shifted(media::Unit unit) const;

private:
    bool begins(media::Unit const& unit) const;

    std::optional<std::size_t> video_;  // the first track with pictures; nullopt: there is none
    std::vector<media::Unit> kept_;
    std::size_t bytes_ = 0;
    base::Timestamp origin_{};  // taken off the times of this connection
};

}  // namespace tidegate::forwarder
