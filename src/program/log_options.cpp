#include "program/log_options.hpp"

#include <utility>

#include "log/log.hpp"

namespace tidegate::program {

void add_log_flags(config::Flags& flags, LogOptions& options) {
    flags.text("log-format", "LOG_FORMAT", "the format of the log lines", options.format)
        .one_of({"json", "text"});
    flags.text("log-level", "LOG_LEVEL", "the lowest level that is logged", options.level)
        .one_of({"debug", "info", "warn", "error"});
}

void start_log(LogOptions const& options, std::string component) {
    log::start({.level = *log::parse_level(options.level),
                .format = *log::parse_format(options.format),
                .component = std::move(component)});
}

}  // namespace tidegate::program
