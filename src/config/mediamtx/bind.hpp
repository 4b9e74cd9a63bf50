// Makes the typed settings that the router reads of values that were checked. Internal to this
// folder. Pure; any thread.
#pragma once

#include "config/mediamtx/conf.hpp"

namespace tidegate::config::mediamtx {

// values: of every key, validated, with the aliases applied.
Global bind_global(boost::json::object values);
PathConf bind_path(boost::json::object values);

}  // namespace tidegate::config::mediamtx
