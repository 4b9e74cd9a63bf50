// The command line of media-service. A flag goes before an environment variable, and that before
// the default (config/flags.hpp). Used by main() only, before the event loop starts.
#pragma once

#include <cstdint>
#include <string>

#include "cluster_options.hpp"
#include "config/flags.hpp"
#include "dub_options.hpp"
#include "leader_options.hpp"
#include "orchestrator/core/forward_command.hpp"
#include "orchestrator/core/worker_command.hpp"
#include "orchestrator/io/http/media_service.hpp"
#include "orchestrator/io/process/process_backend.hpp"
#include "program/log_options.hpp"
#include "router_options.hpp"

// What was parsed, as far as it is not put into `service` and the commands directly.
struct Options {
    tidegate::orchestrator::MediaServiceSettings service;
    tidegate::orchestrator::WorkerCommand worker;
    tidegate::orchestrator::ForwardCommand forwarder;
    tidegate::orchestrator::ProcessBackendSettings workers, forwarders;
    ClusterOptions cluster;
    std::string egress_file, egress_store;
    DubOptions dub;
    RouterOptions routers;
    LeaderOptions leader;
    std::string tls_cert, tls_key;  // empty: HTTP in clear
    tidegate::base::Duration hsts{};
    std::string worker_command = "stream-worker";
    std::string forwarder_command = "stream-forwarder";
    std::string worker_mode = "process";
    std::string worker_input = "rtsp";
    std::string make_token;  // the name of the token that is to be made; empty: none
    std::string token_role = "viewer";
    std::string on_source_lost = "end";
    std::string slate_file;
    std::string state_dir = "/tmp/tidegate";
    std::int64_t public_rtmp_port = 0;
    std::int64_t public_rtsp_port = 0;
    std::int64_t max_workers = 100;
    std::int64_t max_forwarders = 100;
    std::int64_t max_starts = 6;
    tidegate::base::Duration grace_period{}, resync_interval{}, restart_delay{},
        restart_delay_max{}, starts_window{}, ready_timeout{}, watchdog{}, stop_timeout{};
    tidegate::program::LogOptions log;
};

// Fills in options.service and the backends' settings from the values that were parsed.
void apply(Options& options);

// Reads arguments and environment. The result says whether the program is to go on, or which text
// to print and which code to exit with.
tidegate::config::ParseResult parse_command_line(int argc, char const* const* argv,
                                                 Options& options);
