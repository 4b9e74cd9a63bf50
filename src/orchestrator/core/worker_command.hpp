// How a stream-worker is called: its command line and its secrets. The same for every backend.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/core/login.hpp"
#include "orchestrator/core/stream_machine.hpp"

namespace tidegate::orchestrator {

// The same for all workers.
struct WorkerCommand {
    std::vector<std::string> program;  // argv[0] and leading arguments
    std::string input_url;   // where workers read: "rtsp://127.0.0.1:8554", without a path
    std::string output_url;  // where they publish: "rtmp://127.0.0.1:1935", likewise
    Login login;             // what they read and publish as
};

// The whole argv of one worker. lease_file: what it locks while it lives.
std::vector<std::string> worker_arguments(WorkerCommand const& command,
                                          std::string const& stream_id,
                                          std::string const& lease_file,
                                          action::Spawn const& spawn);
// The login as NAME=value each, for the environment: other users of the machine can read argv, not
// this. Empty without a password.
std::vector<std::string> worker_secrets(WorkerCommand const& command);

}  // namespace tidegate::orchestrator
