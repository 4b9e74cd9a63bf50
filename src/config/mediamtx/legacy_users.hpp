// Users in the keys of a path (publishUser, publishPass, publishIPs, readUser, ...), as MediaMTX
// had them before authInternalUsers. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <string>
#include <vector>

namespace tidegate::config::mediamtx {

// True: one of these keys was given.
bool has_legacy_users(boost::json::object const& given);

// Replaces the value of authInternalUsers by users that may do the same as those of the paths.
// entries: for each path, its keys over those of pathDefaults, and "name". It is an error if
// authInternalUsers was given, too.
std::expected<void, std::string> apply_legacy_users(
    boost::json::object& global_values, std::vector<boost::json::object const*> const& entries);

}  // namespace tidegate::config::mediamtx
