// publishUser, readUser and their kin: users per path, as authInternalUsers were before (contract
// §1.6). Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <string>
#include <vector>

namespace tidegate::config::mediamtx {

bool has_legacy_users(boost::json::object const& given);

// Replaces the value of authInternalUsers by what the paths' own credentials amount to. entries:
// all paths' effective keys, with "name". An error when users were given in both ways.
std::expected<void, std::string> apply_legacy_users(
    boost::json::object& global_values, std::vector<boost::json::object const*> const& entries);

}  // namespace tidegate::config::mediamtx
