// Which parameters of a query hold credentials: their values are never logged or shown. Pure.
#pragma once

#include <string_view>

namespace tidegate::base {

// user, pass, token, jwt, key and their relatives, in any case. key: decoded.
bool is_secret_key(std::string_view key);

}  // namespace tidegate::base
