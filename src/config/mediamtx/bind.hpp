// From checked values to the typed settings that the router reads. Internal. Pure; any thread.
#pragma once

#include "config/mediamtx/conf.hpp"

namespace tidegate::config::mediamtx {

// values: every key, aliases applied and validated.
Global bind_global(boost::json::object values);
PathConf bind_path(boost::json::object values);

}  // namespace tidegate::config::mediamtx
