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

}  // namespace tidegate::router
