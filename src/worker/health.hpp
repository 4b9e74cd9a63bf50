// Watches whether every track goes through the worker. If only the sound, or only the picture, gets
// through, the counts look healthy although viewers have no use for the stream. Pure: time is an
// argument. One loop.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "endpoint/statistics.hpp"
#include "media/track.hpp"

namespace tidegate::worker {

using endpoint::Statistics;
using endpoint::TrackCounts;

// A kind of track (sound, picture) is missing if no unit of it has come for this long while units
// of the other kind do. Live encoders send both far more often, and operators should not learn it
// later.
inline constexpr std::chrono::seconds kTrackMissingAfter{10};

class Health {
public:
    using Time = std::chrono::steady_clock::time_point;

    void on_tracks(media::Tracks const& tracks);
    // What is wrong now, such as "no picture comes in while sound does"; empty: nothing is. To be
    // called at least once a second. flowing: the input plays and the output is accepted. delay:
    // how long units are held back.
    std::string const& look(Statistics const& statistics, bool flowing, Time now,
                            std::chrono::milliseconds delay = {});

private:
    struct Flow {
        std::uint64_t units = 0;
        Time at{};  // when `units` last grew
    };
    using Flows = std::vector<Flow>;  // by track

    static void note(Flows& flows, std::vector<TrackCounts> const& counts, Time now);
    std::optional<media::Kind> missing(Flows const& flows, Time now,
                                       std::chrono::milliseconds patience) const;

    std::vector<media::Kind> kinds_;
    Flows in_, out_;
    Time flowing_since_{};
    bool flowing_ = false;
    std::string trouble_;
};

}  // namespace tidegate::worker
