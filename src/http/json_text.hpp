// JSON as MediaMTX writes it: compact, with '<', '>' and '&' escaped as Go does. Text that is not
// UTF-8 gets the replacement character in place of each bad byte. Pure; any thread.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::http {

// Appends the text of a value.
void append_text(std::string& text, boost::json::value const& value);
// Returns the text of a value.
std::string to_text(boost::json::value const& value);
// Appends a string with its quotes; what needs escaping is escaped.
void append_string(std::string& text, std::string_view value);
// Appends a number in decimal digits.
void append_number(std::string& text, std::uint64_t value);

}  // namespace tidegate::http
