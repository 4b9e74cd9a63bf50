// Appends the times of log lines and of answers, of the years 0 to 9999. Any thread.
#pragma once

#include <chrono>
#include <string>

namespace tidegate::log {

using TimePoint = std::chrono::system_clock::time_point;

void append_utc_micros(std::string& out, TimePoint time);  // 2026-01-02T10:00:00.123456Z (RFC 3339)
void append_local_seconds(std::string& out, TimePoint time);  // 2026/01/02 10:00:00
// 2026-01-02T10:00:00.123456789+01:00; the fraction has no zeros at its end, as Go's RFC3339Nano.
void append_local_nanos(std::string& out, TimePoint time);

}  // namespace tidegate::log
