// Reads RFC 3339 times and durations, as routers write and take them. Clients of the playback
// server see the error messages of MediaMTX, which are those of Go's parser. Any thread.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::base {

using GoTime = std::chrono::sys_time<std::chrono::microseconds>;

// Reads an RFC 3339 time: 2026-01-02T10:00:07[.1](Z|+01:00). Decimals behind the sixth are dropped.
// The error is Go's message.
std::expected<GoTime, std::string> parse_go_time(std::string_view text);

// Reads a duration: seconds as a decimal ("12.5"), or Go's form ("1h30m"). It may be negative; the
// longest is ten years. The error is Go's message.
std::expected<std::chrono::nanoseconds, std::string> parse_clip_duration(std::string_view text);

}  // namespace tidegate::base
