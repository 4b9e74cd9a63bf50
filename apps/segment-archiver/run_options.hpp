// The command line of `segment-archiver run`. Used by main() only.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "archive/io/archiver.hpp"
#include "base/duration.hpp"
#include "config/flags.hpp"
#include "program/log_options.hpp"

namespace tidegate::archive {

struct Options {
    std::string spool = "/var/lib/tidegate/spool";
    EndpointSettings endpoint;
    CredentialSettings credentials;
    UploadPolicy policy;
    std::string addressing = "path";
    std::string ca_file;
    std::string metrics_listen;
    std::int64_t uploads = 4;
    std::string record_path;
    base::Duration found_after = std::chrono::minutes{1};
    LeftoverSettings leftovers;  // of the two
    base::Duration scan_interval = std::chrono::milliseconds{500};
    base::Duration stop_timeout = std::chrono::seconds{10};
    base::Duration slow_timeout = kSlowFor;
    program::LogOptions log;
};

config::ParseResult parse_command_line(int argc, char const* const* argv, Options& options);

}  // namespace tidegate::archive
