// When a path with runOnDemand runs its command: from the first request for the stream until nobody
// has read it for a while (contract §2.2; MediaMTX's states). Pure: what to do comes back as data.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidegate::router {

enum class DemandState : std::uint8_t {
    idle,     // the command does not run
    waiting,  // it runs and has not published yet: requests are held
    ready,    // it has published, and somebody reads or is about to
    closing,  // it runs, and nobody reads
};

enum class DemandEvent : std::uint8_t {
    wanted,  // a request finds no stream
    published,
    joined,    // a reader came
    deserted,  // the last reader, or the publisher with all of them, has gone
    start_timeout,
    close_timeout,
};

enum class DemandTimer : std::uint8_t { keep, none, start_timeout, close_after };

struct DemandStep {
    DemandState next;
    bool start_command = false;
    std::string_view stop_reason{};  // not empty: refuse who is held and stop the command
    DemandTimer timer = DemandTimer::keep;

    bool operator==(DemandStep const&) const = default;
};

DemandStep step(DemandState state, DemandEvent event);

}  // namespace tidegate::router
