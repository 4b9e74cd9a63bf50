// The Control API's endpoints (contract §4.4), a file a family. Handlers are pure functions of the
// context and the request; the server adds authentication, CORS and the log line of an error.
#pragma once

#include <span>

#include "router/api/answer.hpp"
#include "router/api/server.hpp"

namespace tidegate::router {

// Which server must be enabled for the endpoint to exist (otherwise 404).
enum class Needs { nothing, rtsp, rtmp };

struct ApiEndpoint {
    std::string_view method;
    std::string_view pattern;
    Answer (*handle)(ApiContext const&, http::Request const&);
    Needs needs = Needs::nothing;
};
std::span<ApiEndpoint const> api_endpoints();

void append_path(std::string& text, PathInfo const& path);
json::object rtmp_conn_item(RtmpConnInfo const& conn);
json::object rtsp_conn_item(RtspConnInfo const& conn);
json::object rtsp_session_item(RtspSessionInfo const& session);
std::string_view state_name(ConnState state);

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
Answer list_rtmp_conns(ApiContext const&, http::Request const&);
Answer get_rtmp_conn(ApiContext const&, http::Request const&);
Answer kick_rtmp_conn(ApiContext const&, http::Request const&);
Answer list_rtsp_conns(ApiContext const&, http::Request const&);
Answer get_rtsp_conn(ApiContext const&, http::Request const&);
Answer list_rtsp_sessions(ApiContext const&, http::Request const&);
Answer get_rtsp_session(ApiContext const&, http::Request const&);
Answer kick_rtsp_session(ApiContext const&, http::Request const&);
Answer list_recordings(ApiContext const&, http::Request const&);
Answer get_recording(ApiContext const&, http::Request const&);
Answer delete_recording_segment(ApiContext const&, http::Request const&);

// Those of an id, as get and kick need them.
template <class Items>
auto const* find_by_id(Items const& items, std::string_view id) {
    auto const found =
        std::find_if(items.begin(), items.end(), [&](auto const& item) { return item.id == id; });
    return found == items.end() ? nullptr : &*found;
}

}  // namespace tidegate::router
