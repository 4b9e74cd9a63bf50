// The command line of sts-echo.
#pragma once

#include <string>

#include "config/flags.hpp"
#include "echo.hpp"
#include "program/log_options.hpp"
#include "sts/core/server_session.hpp"

namespace tidegate::echo {

struct Options {
    std::string host = "127.0.0.1";
    std::int64_t port = 8000;
    std::int64_t connections = 10;
    sts::ServerPolicy policy;
    Behaviour behaviour;
    program::LogOptions log;

    std::string address() const;
};

config::ParseResult parse_command_line(int argc, char const* const* argv, Options& options);

}  // namespace tidegate::echo
