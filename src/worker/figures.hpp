// What operators see in graphs about a run: pictures a second, the distance of key frames, the
// delay, and how far sound and picture have moved apart. Pure: time is an argument. The worker's
// loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "endpoint/statistics.hpp"

namespace tidegate::worker {

using endpoint::Statistics;

// Rates are measured over at least this long; within a shorter time a few pictures make them jump.
inline constexpr std::chrono::milliseconds kRateWindow{900};

class Figures {
public:
    using Time = std::chrono::steady_clock::time_point;

    // "fps-in=30.00 fps-out=30.00 gop-s=2.000 delay-ms=0.41 av-offset-ms=-3.0", without what is not
    // known. media-service reads it (orchestrator/core/worker_figures.hpp).
    std::string const& text(Statistics const& statistics, Time now);

private:
    struct Counts {
        std::uint64_t pictures_in = 0, pictures_out = 0, delays = 0;
        double delay_seconds = 0;
    };

    std::optional<Time> since_;  // when last_ was taken; nullopt: nothing was measured yet
    Counts last_;
    std::string text_;
};

}  // namespace tidegate::worker
