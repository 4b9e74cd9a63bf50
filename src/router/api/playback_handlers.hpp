// The playback server's answers with nothing recorded, ever (contract §9). Pure.
#pragma once

#include "router/api/answer.hpp"
#include "router/api/server.hpp"

namespace tidegate::router {

// Authentication comes in between: the name is checked first, then the user, then the rest.
Answer check_playback_name(http::Request const& request);
Answer list_playback(ApiContext const& context, http::Request const& request);
Answer get_playback(ApiContext const& context, http::Request const& request);

}  // namespace tidegate::router
