// What every session of the router works with. References to objects that outlive all sessions.
#pragma once

#include <chrono>

#include "router/access_control.hpp"
#include "router/config_store.hpp"
#include "router/connections.hpp"
#include "router/hooks.hpp"
#include "router/paths.hpp"

namespace tidegate::router {

struct Services {
    Paths& paths;
    Hooks& hooks;
    ConfigStore& config;
    AccessControl& auth;
    Connections& connections;
};

// Connections of a protocol at once; a further one is closed on arrival. 10,000 readers of 2.5
// Mbit/s are 25 Gbit/s; the rest is head room for idle ones.
inline constexpr std::size_t kMaxConnections = 16'000;

}  // namespace tidegate::router
