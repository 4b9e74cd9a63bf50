// The keys `alwaysAvailable...` of a path. Internal to this folder. Reads the file that they name;
// any thread.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "config/mediamtx/conf.hpp"
#include "config/mediamtx/validate.hpp"

namespace tidegate::config::mediamtx {

// In MediaMTX's words. name: the path's.
Verdict validate_always_available(std::string_view name, boost::json::object const& values);
// A track in a codec that MediaMTX has and this router has not.
bool has_unsupported_track(boost::json::object const& values);
// REQUIRES: the values are valid.
AlwaysAvailable always_available_of(boost::json::object const& values);

}  // namespace tidegate::config::mediamtx
