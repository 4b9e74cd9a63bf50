// Reads YAML into a tree, which its reader then checks: mediamtx.yml, the destinations, a
// kubeconfig, a Pod template. The only user of yaml-cpp. Pure; any thread.
#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::config {

// The deepest nesting, and the largest number of values. The permissions of authInternalUsers are
// four deep; 10,000 paths with ten keys have 100,000 values. The limits also bound what aliases
// unfold to ("billion laughs").
inline constexpr std::size_t kMaxYamlDepth = 32;
inline constexpr std::size_t kMaxYamlValues = 1'000'000;

// Reads one document; the result is null if there is none. yes, no, on and off without quotes are
// booleans, as in YAML 1.1. The error is a sentence that begins with the place, if it has one.
std::expected<boost::json::value, std::string> parse_yaml(std::string_view text);

}  // namespace tidegate::config
