#include "router/api/handlers.hpp"

namespace tidegate::router {
namespace {

constexpr ApiEndpoint kEndpoints[] = {
    {"GET", "/v3/info", get_info},
    {"POST", "/v3/auth/jwks/refresh", refresh_jwks},
    {"GET", "/v3/config/global/get", get_config_global},
    {"PATCH", "/v3/config/global/patch", patch_config_global},
    {"GET", "/v3/config/pathdefaults/get", get_config_path_defaults},
    {"PATCH", "/v3/config/pathdefaults/patch", patch_config_path_defaults},
    {"GET", "/v3/config/paths/list", list_config_paths},
    {"GET", "/v3/config/paths/get/{name...}", get_config_path},
    {"POST", "/v3/config/paths/add/{name...}", add_config_path},
    {"PATCH", "/v3/config/paths/patch/{name...}", patch_config_path},
    {"POST", "/v3/config/paths/replace/{name...}", replace_config_path},
    {"DELETE", "/v3/config/paths/delete/{name...}", delete_config_path},
    {"GET", "/v3/paths/list", list_paths},
    {"GET", "/v3/paths/get/{name...}", get_path},
    {"GET", "/v3/rtmpconns/list", list_rtmp_conns, Needs::rtmp},
    {"GET", "/v3/rtmpconns/get/{id}", get_rtmp_conn, Needs::rtmp},
    {"POST", "/v3/rtmpconns/kick/{id}", kick_rtmp_conn, Needs::rtmp},
    {"GET", "/v3/rtspconns/list", list_rtsp_conns, Needs::rtsp},
    {"GET", "/v3/rtspconns/get/{id}", get_rtsp_conn, Needs::rtsp},
    {"GET", "/v3/rtspsessions/list", list_rtsp_sessions, Needs::rtsp},
    {"GET", "/v3/rtspsessions/get/{id}", get_rtsp_session, Needs::rtsp},
    {"POST", "/v3/rtspsessions/kick/{id}", kick_rtsp_session, Needs::rtsp},
    {"GET", "/v3/recordings/list", list_recordings},
    {"GET", "/v3/recordings/get/{name...}", get_recording},
    {"DELETE", "/v3/recordings/deletesegment", delete_recording_segment},
};

}  // namespace

std::span<ApiEndpoint const> api_endpoints() {
    return kEndpoints;
}

Answer get_info(ApiContext const& context, http::Request const&) {
    return json::object{{"version", context.version}, {"started", to_text(context.started)}};
}

// There are no keys to fetch anew: authMethod jwt is refused at start.
Answer refresh_jwks(ApiContext const&, http::Request const&) {
    return ok_value();
}

}  // namespace tidegate::router
