// Which names a path may have, when a client asks for it and in the configuration. Pure; any
// thread.
#pragma once

#include <optional>
#include <string_view>

namespace tidegate::config {

// Why a name is not valid ("can't begin with a slash"); nullopt: it is.
std::optional<std::string_view> path_name_problem(std::string_view name);

}  // namespace tidegate::config
