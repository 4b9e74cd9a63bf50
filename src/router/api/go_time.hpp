// What Go says about a text that is no RFC 3339 time (contract §9): clients of the playback server
// see it. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidegate::router {

// Nothing when the text is a time: 2026-01-02T10:00:07[.1](Z|+01:00).
std::optional<std::string> go_time_problem(std::string_view text);

}  // namespace tidegate::router
