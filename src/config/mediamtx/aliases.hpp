// Deprecated keys. One that was given overwrites its successor and adds a warning. Pure; any
// thread.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

namespace tidegate::config::mediamtx {

// global, path_defaults: what file and environment have given, decoded, without defaults.
void apply_global_aliases(boost::json::object& global, boost::json::object& path_defaults,
                          std::vector<std::string>& warnings);
// entry: the keys of pathDefaults, and the path's own over them.
void apply_path_aliases(boost::json::object& entry, std::vector<std::string>& warnings);

}  // namespace tidegate::config::mediamtx
