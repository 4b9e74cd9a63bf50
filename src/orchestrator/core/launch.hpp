// How a program of the fleet is started, and what is known of one that was found running. Plain
// values; any thread.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/core/params.hpp"

namespace tidegate::orchestrator {

// The descriptor on which a program finds its secret.
inline constexpr int kSecretDescriptor = 3;

struct Launch {
    std::vector<std::string> argv;         // empty: there is nothing to start any more
    std::vector<std::string> environment;  // NAME=value each, besides what every worker gets
    // One line, which the program reads from kSecretDescriptor; empty: there is none. Neither argv
    // nor the environment shows it.
    std::string secret = {};
};

struct RunningProgram {
    std::vector<std::string> argv, environment;
};

// What a program works with.
struct WorksWith {
    Params params;
    std::string router;  // empty: that cannot be told
};

}  // namespace tidegate::orchestrator
