// Checks times as the playback server gets them. Its clients see the error messages of MediaMTX,
// which are those of Go's parser. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidegate::router {

// Returns Go's error message for a text that is not an RFC 3339 time. Nothing if it is one:
// 2026-01-02T10:00:07[.1](Z|+01:00).
std::optional<std::string> go_time_problem(std::string_view text);

}  // namespace tidegate::router
