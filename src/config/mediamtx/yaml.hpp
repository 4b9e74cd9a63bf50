// YAML text to the generic tree that the keys are checked against. The only user of yaml-cpp. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::config::mediamtx {

// Deepest nesting and most values: authInternalUsers' permissions are four deep, 10,000 paths with
// ten keys are 100,000. They also bound what aliases ("billion laughs") can unfold to.
inline constexpr std::size_t kMaxYamlDepth = 32;
inline constexpr std::size_t kMaxYamlValues = 1'000'000;

// One document, or none (null). Unquoted yes/no/on/off are booleans (contract §1.3).
std::expected<boost::json::value, std::string> parse_yaml(std::string_view text);

}  // namespace tidegate::config::mediamtx
