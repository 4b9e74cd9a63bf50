// How a stream-worker is called: its command line and its secrets. The same for every backend.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/core/dub_settings.hpp"
#include "orchestrator/core/launch.hpp"
#include "orchestrator/core/login.hpp"
#include "orchestrator/core/router_address.hpp"
#include "orchestrator/core/stream_machine.hpp"

namespace tidegate::orchestrator {

// What a worker does with its output when its source is lost.
struct SourceLost {
    std::string then = "end";  // "hold", "slate", "end": as the worker's flag --on-source-lost
    std::string slate_file;    // for "slate"
    std::string grace;         // for how long: "45s"; empty: the worker's own
    bool goes_on() const { return then != "end"; }
};

// What all workers have in common.
struct WorkerCommand {
    std::vector<std::string> program;  // argv[0] and leading arguments
    // A worker reads and publishes at the router that has its stream. It publishes over RTMP, or
    // over RTSP if it publishes several sounds, each with its language.
    RouterAddresses routers;
    bool reads_rtmp = false;  // otherwise over RTSP
    Login login;              // the routers' user that they read and publish as
    DubSettings dub;
    SourceLost source_lost;
};

// The whole argv of one worker. lease_file: the file that the worker locks while it lives; empty:
// it locks none.
std::vector<std::string> worker_arguments(WorkerCommand const& command,
                                          std::string const& stream_id,
                                          std::string const& lease_file,
                                          action::Spawn const& spawn);
// The login, and for a worker that dubs the token of the speech service, as NAME=value strings for
// the worker's environment, which other users of the machine cannot read (they can read argv).
std::vector<std::string> worker_secrets(WorkerCommand const& command, Params const& params);
// What a worker that was found running works with.
WorksWith worker_works_with(WorkerCommand const& command, RunningProgram const& program);

}  // namespace tidegate::orchestrator
