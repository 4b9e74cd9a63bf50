// The playback server's answers. Nothing is ever recorded here (docs/compatibility.md), so they say
// that nothing was found, in MediaMTX's words. Pure.
#pragma once

#include <optional>

#include "router/api/answer.hpp"
#include "router/api/context.hpp"

namespace tidegate::router {

// Why the name of the path that a request asks for cannot be one. Authentication comes after this
// question and before all others.
std::optional<ApiError> playback_name_problem(http::Request const& request);
Answer list_playback(ApiContext const& context, http::Request const& request);
Answer get_playback(ApiContext const& context, http::Request const& request);

}  // namespace tidegate::router
