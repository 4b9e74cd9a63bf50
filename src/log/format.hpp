// Writes an event as one line of text, in each of the formats. Time is an argument. Any thread.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "log/log.hpp"

namespace tidegate::log {

struct Event {
    std::chrono::system_clock::time_point time;
    Level level;
    std::string_view component;
    std::string_view event;
    std::string_view message;
    std::span<Field const> fields;
};

// Bytes of a message or of a field's value that are written; the rest is cut off. A peer may send a
// name of 64 KiB, but a line should fit on a screen and into the queue.
inline constexpr std::size_t kMaxTextBytes = 4096;

// Appends the line, with a line feed at its end.
void append_line(std::string& out, Format format, Event const& event);

}  // namespace tidegate::log
