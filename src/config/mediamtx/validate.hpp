// Rules over more than one value: MediaMTX's own, and what this router cannot do and therefore
// refuses instead of ignoring (docs/compatibility.md). Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tidegate::config::mediamtx {

using Verdict = std::expected<void, std::string>;

inline Verdict fail(std::string text) {
    return std::unexpected(std::move(text));
}

// values: of every key, aliases applied.
Verdict validate_global(boost::json::object const& values);
Verdict refuse_unsupported_global(boost::json::object const& values);

// name: the entry's key. global: for the rules that depend on it.
Verdict validate_path(std::string_view name, boost::json::object const& values,
                      boost::json::object const& global);
Verdict refuse_unsupported_path(std::string_view name, boost::json::object const& values);

// Keys with '~', all and all_others.
bool is_regex_name(std::string_view name);
std::string regex_of_name(std::string_view name);

}  // namespace tidegate::config::mediamtx
