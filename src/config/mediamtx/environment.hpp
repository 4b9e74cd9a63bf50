// The environment variables that go before the file: MTX_LOGLEVEL, MTX_PATHDEFAULTS_SOURCE,
// MTX_PATHS_CAM_SOURCE, MTX_AUTHINTERNALUSERS_0_USER, and the same with RTSP_. Internal to this
// folder. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <string>

#include "config/mediamtx/conf.hpp"

namespace tidegate::config::mediamtx {

// Writes their values into the document. The error is a sentence that names the variable.
std::expected<void, std::string> apply_environment(boost::json::object& document,
                                                   Environment const& environment);

}  // namespace tidegate::config::mediamtx
