// Decides when a path's runOnDemand command runs: from the first request for the stream until
// nobody has read it for a while. The states are MediaMTX's. Pure: step() returns what is to be
// done.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidegate::router {

enum class DemandState : std::uint8_t {
    idle,     // the command does not run
    waiting,  // it runs and has not published yet: requests are held
    ready,    // it has published, and somebody reads the stream or is about to
    closing,  // it runs, and nobody reads the stream
};

enum class DemandEvent : std::uint8_t {
    wanted,  // somebody asks for the stream, and there is none
    published,
    joined,    // a reader has come
    deserted,  // the last reader has gone, or the publisher, and with it all readers
    start_timeout,
    close_timeout,
};

enum class DemandTimer : std::uint8_t { keep, none, start_timeout, close_after };

struct DemandStep {
    DemandState next;
    bool start_command = false;
    // Not empty: stop the command for this reason, and refuse the requests that are held.
    std::string_view stop_reason{};
    DemandTimer timer = DemandTimer::keep;

    bool operator==(DemandStep const&) const = default;
};

DemandStep step(DemandState state, DemandEvent event);

}  // namespace tidegate::router
