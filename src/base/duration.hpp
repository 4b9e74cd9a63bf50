// Durations as people write them: Go's form, which MediaMTX's configuration uses and our flags
// follow.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::base {

using Duration = std::chrono::nanoseconds;

// "10s", "1m30s", "500ms", "1.5h", "-2s", "0"; a leading "<n>d" counts days (MediaMTX's extension).
// The error is a sentence without the key's name, e.g. `time: missing unit in duration "10"`.
std::expected<Duration, std::string> parse_duration(std::string_view text);

// Go's form: 1h0m0s, 1m30s, 10s, 1.5s, 500ms, 0s; whole days in front as MediaMTX prints them: 1d,
// 1d2h0m0s.
std::string format_duration(Duration value);

}  // namespace tidegate::base
