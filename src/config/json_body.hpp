// Reads the body of a request as JSON. Errors are in the words of Go, which clients of MediaMTX
// know. Pure; any thread.
#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::config {

// The error: "unexpected end of JSON input", or "invalid character 'x' looking for beginning of
// value".
std::expected<boost::json::value, std::string> parse_json_body(std::string_view body);

}  // namespace tidegate::config
