// media-service's command line: flag > environment > default (config/flags.hpp).
#pragma once

#include <cstdint>
#include <string>

#include "config/flags.hpp"
#include "orchestrator/io/http/media_service.hpp"
#include "orchestrator/io/process/process_backend.hpp"

struct Options {
    tidegate::orchestrator::MediaServiceSettings service;
    tidegate::orchestrator::ProcessBackendSettings workers;
    std::string router_api = "http://127.0.0.1:9997";
    std::string worker_command = "stream-worker";
    std::string worker_mode = "process";
    std::string worker_input = "rtsp";
    std::string router_rtsp = "rtsp://127.0.0.1:8554";
    std::string router_rtmp = "rtmp://127.0.0.1:1935";
    std::string state_dir = "/tmp/tidegate";
    std::int64_t max_workers = 100;
    std::int64_t max_starts = 6;
    tidegate::base::Duration grace_period{}, resync_interval{}, restart_delay{},
        restart_delay_max{}, starts_window{}, ready_timeout{}, watchdog{}, stop_timeout{};
    std::string log_format = "json";
    std::string log_level = "info";
};

// Puts what was parsed into options.service and options.workers.
void apply(Options& options);

tidegate::config::ParseResult parse_command_line(int argc, char const* const* argv,
                                                 Options& options);
