// How a stream-forwarder is called: its command line, its environment and its secret. The same for
// every backend. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/core/desired_forwards.hpp"
#include "orchestrator/core/launch.hpp"
#include "orchestrator/core/login.hpp"
#include "orchestrator/core/router_address.hpp"
#include "orchestrator/core/stream_machine.hpp"

namespace tidegate::orchestrator {

// What all forwarders have in common.
struct ForwardCommand {
    std::vector<std::string> program;  // argv[0] and leading arguments
    RouterAddresses routers;           // a forwarder reads over RTSP at its stream's router
    Login login;                       // the routers' user that they read as
    bool allow_private = false;        // destinations in private networks and on this machine
    std::vector<std::string> allowed;  // networks that are allowed, whatever they are
    std::vector<std::string> own_ports;
};

// url: the destination's, which goes over a descriptor.
Launch forward_launch(ForwardCommand const& command, ForwardName const& name,
                      std::string const& lease_file, action::Spawn const& spawn,
                      std::string const& url);
// What a forwarder that was found running works with.
WorksWith forward_works_with(ForwardCommand const& command, RunningProgram const& program);

}  // namespace tidegate::orchestrator
