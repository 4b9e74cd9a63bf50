// The command line of stream-forwarder. Used by main() only, before the event loop starts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/duration.hpp"
#include "config/flags.hpp"
#include "endpoint/source.hpp"
#include "forwarder/forward.hpp"
#include "program/log_options.hpp"

struct Options {
    tidegate::forwarder::ForwardSettings forward;
    bool enabled = true;
    std::string input;
    std::string output;           // the destination's URL, wherever it has come from
    std::string output_file;      // empty: none
    std::int64_t output_fd = -1;  // -1: none
    std::string input_user, input_password;
    std::string ca_file, input_fingerprint, output_fingerprint;
    std::vector<std::string> allowed, own_ports;
    std::int64_t most_attempts = 0;
    tidegate::base::Duration input_grace = tidegate::forwarder::kInputGrace;
    tidegate::base::Duration retry_delay = tidegate::base::RetryDelays{}.first;
    tidegate::base::Duration retry_delay_max = tidegate::base::RetryDelays{}.most;
    std::string lease;
    std::string metrics_listen, health_listen;
    tidegate::program::LogOptions log;
};

tidegate::config::ParseResult parse_command_line(int argc, char** argv, Options& options);
