// The log as the configuration wants it (contract §1.5, §3).
#pragma once

#include "config/mediamtx/conf.hpp"
#include "log/log.hpp"

namespace tidegate::router {

log::Settings log_settings_of(config::mediamtx::Global const& global);

// What nothing here acts on, named in one line; nothing when there is none.
void log_no_effect(config::mediamtx::Conf const& conf);
// A line for each deprecated key.
void log_deprecated(config::mediamtx::Conf const& conf);

}  // namespace tidegate::router
