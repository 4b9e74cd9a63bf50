// The environment of this process. Read it at the start, before threads run.
#pragma once

#include <string>
#include <vector>

namespace tidegate::config {

using Environment = std::vector<std::string>;  // NAME=value each

// Returns a copy of every variable.
Environment process_environment();
// The value of one variable; empty: it is not set, or it is empty.
std::string variable(char const* name);

}  // namespace tidegate::config
