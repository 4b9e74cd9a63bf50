// What every session of the router works with. References to objects that outlive all sessions.
#pragma once

#include <chrono>

#include "router/auth/access_control.hpp"
#include "router/hooks/hooks.hpp"
#include "router/model/config_store.hpp"
#include "router/paths/paths.hpp"
#include "router/session/connections.hpp"

namespace tidegate::router {

struct Services {
    Paths& paths;
    Hooks& hooks;
    ConfigStore& config;
    AccessControl& auth;
    Connections& connections;
};

}  // namespace tidegate::router
