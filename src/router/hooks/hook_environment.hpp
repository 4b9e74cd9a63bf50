// What commands inherit of the router's own environment. Pure.
#pragma once

#include <string>
#include <vector>

namespace tidegate::router {

// environment, NAME=value each, without the passwords that are the router's alone: hooks are
// commands of their own, and so are the programs that they start. MediaMTX hands on everything
// (deliberate difference).
std::vector<std::string> inherited_by_hooks(std::vector<std::string> environment);

}  // namespace tidegate::router
