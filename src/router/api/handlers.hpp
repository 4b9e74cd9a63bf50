// The Control API's own endpoints, one source file for each family; those of a protocol belong to
// its module. Handlers are functions of the context and the request; the server adds
// authentication, CORS and the log line of an error.
#pragma once

#include <string>
#include <vector>

#include "router/api/answer.hpp"
#include "router/api/context.hpp"

namespace tidegate::router {

// The endpoints that belong to no module. The context outlives them.
std::vector<ApiEndpoint> api_endpoints(ApiContext const& context);

// "tracks":[...],"tracks2":[...]
std::string tracks_text(media::Tracks const& tracks);

Answer get_info(ApiContext const&, http::Request const&);
Answer refresh_jwks(ApiContext const&, http::Request const&);
Answer get_config_global(ApiContext const&, http::Request const&);
Answer get_config_path_defaults(ApiContext const&, http::Request const&);
Answer list_config_paths(ApiContext const&, http::Request const&);
Answer get_config_path(ApiContext const&, http::Request const&);
Answer patch_config_global(ApiContext const&, http::Request const&);
Answer patch_config_path_defaults(ApiContext const&, http::Request const&);
Answer add_config_path(ApiContext const&, http::Request const&);
Answer patch_config_path(ApiContext const&, http::Request const&);
Answer replace_config_path(ApiContext const&, http::Request const&);
Answer delete_config_path(ApiContext const&, http::Request const&);
Answer list_paths(ApiContext const&, http::Request const&);
Answer get_path(ApiContext const&, http::Request const&);
FileAnswer list_recordings(ApiContext const&, http::Request const&);
FileAnswer get_recording(ApiContext const&, http::Request const&);
FileAnswer delete_recording_segment(ApiContext const&, http::Request const&);

}  // namespace tidegate::router
