// Tells which query parameters hold credentials, so that their values are never logged or shown.
// Any thread.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::base {

// Whether a parameter of this name holds a credential: user, pass, token, jwt, key and their
// variants ("stream-key", "api_key"), in upper or lower case. name: already percent-decoded.
bool is_secret_parameter(std::string_view name);

// Returns the text with every credential in it replaced by "***": values of query parameters for
// which is_secret_parameter() is true, and user:password in front of a host. For messages that
// quote what a user gave as an address, a path or a stream key, even when it is malformed.
std::string without_secrets(std::string_view text);

}  // namespace tidegate::base
