// Makes a peer's bytes safe in a log line: control characters, invalid UTF-8 and characters that
// reorder text cannot forge a line, a field or a terminal command. Any thread; appends to the
// caller's buffer.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::log {

// The inside of a JSON string (RFC 8259 §7), without its quotes. Invalid UTF-8 becomes U+FFFD.
void append_json(std::string& out, std::string_view text);

// For people: "\n", "\t", "\x1b", "\u202e"; quotes and backslashes stay. Invalid bytes become
// "\xff".
void append_plain(std::string& out, std::string_view text);

// The same inside double quotes, which are then escaped too.
void append_quoted(std::string& out, std::string_view text);

}  // namespace tidegate::log
