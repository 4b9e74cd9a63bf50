// Durations in the text form of Go's time package, which MediaMTX's configuration uses and our
// command-line flags follow. Any thread.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::base {

using Duration = std::chrono::nanoseconds;

// Reads "10s", "1m30s", "500ms", "1.5h", "-2s" or "0". "<n>d" in front counts days, as MediaMTX
// allows. The error is a sentence in Go's words that does not name the configuration key, e.g.
// `time: missing unit in duration "10"`.
std::expected<Duration, std::string> parse_duration(std::string_view text);

// Writes a duration as Go does: 1h0m0s, 1m30s, 10s, 1.5s, 500ms, 0s. Whole days stand in front, as
// MediaMTX prints them: 1d, 1d2h0m0s.
std::string format_duration(Duration value);

}  // namespace tidegate::base
