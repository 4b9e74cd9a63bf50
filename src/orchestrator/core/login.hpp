// The name and password that one of our programs uses at the router. They come from the
// environment, never from arguments, and are never shown.
#pragma once

#include <string>

namespace tidegate::orchestrator {

struct Login {
    std::string user;
    std::string password;  // empty: no login is sent
};

}  // namespace tidegate::orchestrator
