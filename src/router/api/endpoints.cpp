#include "router/api/handlers.hpp"

namespace tidegate::router {
namespace {

template <class Result>
struct OwnEndpoint {
    char const* method;
    char const* pattern;
    Result (*handle)(ApiContext const&, http::Request const&);
};

constexpr OwnEndpoint<Answer> kEndpoints[] = {
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
};

constexpr OwnEndpoint<FileAnswer> kFileEndpoints[] = {
    {"GET", "/v3/recordings/list", list_recordings},
    {"GET", "/v3/recordings/get/{name...}", get_recording},
    {"DELETE", "/v3/recordings/deletesegment", delete_recording_segment},
};

template <class Result>
auto bound(ApiContext const& context, OwnEndpoint<Result> const& own) {
    return [&context, handle = own.handle](http::Request const& request) {
        return handle(context, request);
    };
}

}  // namespace

std::vector<ApiEndpoint> api_endpoints(ApiContext const& context) {
    std::vector<ApiEndpoint> endpoints;
    for (auto const& own : kEndpoints) {
        endpoints.push_back({own.method, own.pattern, bound(context, own), {}});
    }
    for (auto const& own : kFileEndpoints) {
        endpoints.push_back({own.method, own.pattern, {}, bound(context, own)});
    }
    return endpoints;
}

Answer get_info(ApiContext const& context, http::Request const&) {
    std::string text;
    JsonObject(text).add("version", context.version).add("started", to_text(context.started)).end();
    return text;
}

Answer refresh_jwks(ApiContext const& context, http::Request const&) {
    context.auth.refresh_keys();
    return ok_answer();
}

}  // namespace tidegate::router
