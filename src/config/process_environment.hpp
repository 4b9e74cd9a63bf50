// The environment of this process, and the name of its machine. Read them at the start, before
// threads run.
#pragma once

#include <string>
#include <vector>

namespace tidegate::config {

using Environment = std::vector<std::string>;  // NAME=value each

// Returns a copy of every variable.
Environment process_environment();
// The value of one variable; empty: it is not set, or it is empty.
std::string variable(char const* name);
// The name of this machine or Pod; empty: it cannot be read.
std::string host_name();

}  // namespace tidegate::config
