// The flags --log-format and --log-level, which all programs with a log of our own have. Before the
// program's threads start.
#pragma once

#include <string>

#include "config/flags.hpp"

namespace tidegate::program {

struct LogOptions {
    std::string format = "json";
    std::string level = "info";
};

void add_log_flags(config::Flags& flags, LogOptions& options);

// options: as the flags have checked them. component: the program's name in its lines.
void start_log(LogOptions const& options, std::string component);

}  // namespace tidegate::program
