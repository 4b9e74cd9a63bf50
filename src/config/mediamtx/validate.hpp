// Rules that the schema cannot express: those of MediaMTX, and the refusal of what this router
// cannot do and must not ignore (docs/compatibility.md). Internal to this folder. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tidegate::config::mediamtx {

// The error is a sentence.
using Verdict = std::expected<void, std::string>;

inline Verdict fail(std::string text) {
    return std::unexpected(std::move(text));
}

// values: of every key, with the aliases applied.
Verdict validate_global(boost::json::object const& values);
Verdict refuse_unsupported_global(boost::json::object const& values);

// name: the path's name in the configuration. global: the values of the global keys.
Verdict validate_path(std::string_view name, boost::json::object const& values,
                      boost::json::object const& global);
Verdict refuse_unsupported_path(std::string_view name, boost::json::object const& values);

// See PathConf::is_regex() and PathConf::regex().
bool is_regex_name(std::string_view name);
std::string regex_of_name(std::string_view name);

}  // namespace tidegate::config::mediamtx
