// Tells whether every track goes through the worker. A stream of which only sound, or only the
// picture, gets through looks healthy by its counts, and is of no use to viewers. Pure: the time is
// an argument. One loop.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "media/track.hpp"
#include "worker/statistics.hpp"

namespace tidegate::worker {

// A track is missing when it has had no unit for this long while the other kind goes on. Live
// encoders send pictures and key frames more often; operators want to know no later.
inline constexpr std::chrono::seconds kTrackMissingAfter{10};

class Health {
public:
    using Time = std::chrono::steady_clock::time_point;

    void on_tracks(media::Tracks const& tracks);
    // What is wrong now, such as "no picture comes in while sound does"; empty when nothing is.
    // Call it about once a second. flowing: the input plays and the output is accepted.
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
