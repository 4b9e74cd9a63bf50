// Whether every track goes through the worker: a stream of which only sound (or only the picture)
// gets through looks busy and is of no use. Looked at from time to time; the time is an argument.
// One loop.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "media/track.hpp"
#include "worker/statistics.hpp"

namespace tidegate::worker {

// A track without a unit for so long while the other kind goes on: far more than between the key
// frames or pictures of any live encoder, far less than an operator's patience.
inline constexpr std::chrono::seconds kTrackMissingAfter{10};

class Health {
public:
    using Time = std::chrono::steady_clock::time_point;

    void on_tracks(media::Tracks const& tracks);
    // The trouble now, "no picture comes in while sound does"; empty: none. flowing: the input
    // plays and the output is accepted.
    std::string const& look(Statistics const& statistics, bool flowing, Time now);

private:
    struct Flow {
        std::uint64_t units = 0;
        Time at{};  // when it was seen to grow
    };
    using Flows = std::vector<Flow>;  // by track

    static void note(Flows& flows, std::vector<TrackCounts> const& counts, Time now);
    std::optional<media::Kind> missing(Flows const& flows, Time now) const;

    std::vector<media::Kind> kinds_;
    Flows in_, out_;
    Time flowing_since_{};
    bool flowing_ = false;
    std::string trouble_;
};

}  // namespace tidegate::worker
