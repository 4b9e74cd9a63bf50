// What the configuration says about the log, and what the log says about the configuration.
#pragma once

#include "config/mediamtx/conf.hpp"
#include "log/log.hpp"

namespace tidegate::router {

log::Settings log_settings_of(config::mediamtx::Global const& global);

// Logs one line with the keys that are set but have no effect in this router, if there are any.
void log_no_effect(config::mediamtx::Conf const& conf);
// Logs one line for each deprecated key that is set.
void log_deprecated(config::mediamtx::Conf const& conf);

}  // namespace tidegate::router
