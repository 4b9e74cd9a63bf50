// The command line of media-router: MediaMTX's, and a few settings of our own, which also have a
// variable in the environment.
#pragma once

#include <optional>
#include <string>

#include "router/app/router.hpp"

namespace tidegate {

struct MediaRouterOptions {
    std::string configuration;  // empty: look in the usual places
    router::RouterOptions router;
};

// What to do with a command line: run, or print this and leave.
struct CommandLine {
    std::optional<MediaRouterOptions> run;
    std::string output;  // stdout when exit_code is 0, else stderr
    int exit_code = 0;
};

CommandLine parse_command_line(int argc, char const* const* argv);

}  // namespace tidegate
