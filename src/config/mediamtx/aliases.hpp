// Deprecated keys: each given one overwrites its successor and leaves a warning (contract §1.5,
// §1.6). Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

namespace tidegate::config::mediamtx {

// What the file and the environment gave, checked, without defaults.
void apply_global_aliases(boost::json::object& global, boost::json::object& path_defaults,
                          std::vector<std::string>& warnings);
// entry: pathDefaults overlaid by the path's own keys.
void apply_path_aliases(boost::json::object& entry, std::vector<std::string>& warnings);

}  // namespace tidegate::config::mediamtx
