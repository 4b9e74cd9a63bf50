// A destination of a stream as an operator sees it. A plain copy; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "orchestrator/core/state.hpp"

namespace tidegate::orchestrator {

// A destination as it is configured, without its secret.
struct ShownDestination {
    std::string name;
    std::string url;  // "rtmp://a.example:1935/live2/…abcd": the key's last characters only
    bool enabled = true;
    bool from_api = false;  // false: from the egress file
    bool operator==(ShownDestination const&) const = default;
};

struct DestinationView {
    ShownDestination shown;
    // off, waiting (the stream has no output), connecting, forwarding, slow, retrying, paused,
    // refused (the destination refuses the key), failed, stopping
    std::string state = "off";
    std::string reason;                // one line for people
    Time since{};                      // when its forwarder came into its state of the machine
    std::optional<WorkerInfo> worker;  // the forwarder; nullopt: there is none
    ForwardReport report;              // what it says; empty: nothing yet
    std::uint64_t restarts = 0;
    std::string last_error;  // of the destination; empty: it works, or was not tried

    bool operator==(DestinationView const&) const = default;
};

// stream: the forwarder's state in its fleet; null: there is none.
DestinationView view_destination(ShownDestination shown, StreamState const* stream,
                                 Policy const& policy);

}  // namespace tidegate::orchestrator
