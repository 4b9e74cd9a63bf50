// Which parameters of a query hold credentials: their values are never logged or shown. Pure.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::base {

// user, pass, token, jwt, key and their relatives, in any case. key: decoded.
bool is_secret_key(std::string_view key);

// Text that somebody meant as an address, a path or a key, for a sentence about it: a query that
// lies in the wrong place, and a user before a host, are shown as asterisks.
std::string without_secrets(std::string_view text);

}  // namespace tidegate::base
