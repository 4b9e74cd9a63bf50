// Who one of our programs is to the router. From the environment, never from arguments; never
// shown.
#pragma once

#include <string>

namespace tidegate::orchestrator {

struct Login {
    std::string user;
    std::string password;  // empty: without authentication
};

}  // namespace tidegate::orchestrator
