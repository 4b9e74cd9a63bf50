// A request's body as JSON, with Go's words where it is none, which clients of MediaMTX know. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::config {

// "unexpected end of JSON input", "invalid character 'x' looking for beginning of value".
std::expected<boost::json::value, std::string> parse_json_body(std::string_view body);

}  // namespace tidegate::config
