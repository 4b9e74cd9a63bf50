// Makes a peer's bytes safe in a log line. Control characters, invalid UTF-8 and characters that
// change the direction of text are escaped, so they cannot forge a line, a field or a command to a
// terminal. Each function appends to `out`. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::log {

// Appends the inside of a JSON string (RFC 8259 §7), without quotes. Invalid UTF-8 becomes U+FFFD.
void append_json(std::string& out, std::string_view text);

// Appends text for people, with the escapes "\n", "\t", "\x1b", "\u202e", and "\xff" for bytes that
// are not UTF-8. Quotes and backslashes stay as they are.
void append_plain(std::string& out, std::string_view text);

// The same between double quotes; quotes and backslashes inside are escaped, too.
void append_quoted(std::string& out, std::string_view text);

}  // namespace tidegate::log
