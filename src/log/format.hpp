// One event as one line of text, in each of the formats. Any thread; the time is an argument.
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

// Longest text taken of a message or a field's value: a peer may send 64 KiB names, and a line
// should still fit a screen and the queue.
inline constexpr std::size_t kMaxTextBytes = 4096;

// Appends the line with its line feed.
void append_line(std::string& out, Format format, Event const& event);

}  // namespace tidegate::log
