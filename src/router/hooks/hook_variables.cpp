// The environment that each kind of hook gets beside the server's own (contract §2.2).
#include "router/hooks/hook_command.hpp"
#include "router/hooks/hooks.hpp"

namespace tidegate::router {
namespace {

HookVariables with_endpoint(HookContext const& context, std::string_view query,
                            std::string const& kind, std::string_view type, std::string_view id) {
    auto variables = demand_variables(context, query);
    variables.emplace_back("MTX_" + kind + "_TYPE", type);
    variables.emplace_back("MTX_" + kind + "_ID", id);
    return variables;
}

}  // namespace

HookVariables base_variables(HookContext const& context) {
    HookVariables variables{
        {"MTX_PATH", context.path}, {"RTSP_PATH", context.path}, {"RTSP_PORT", context.rtsp_port}};
    for (std::size_t i = 0; i < context.groups.size(); ++i) {
        variables.emplace_back("G" + std::to_string(i + 1), context.groups[i]);
    }
    return variables;
}

HookVariables source_variables(HookContext const& context, std::string_view query,
                               std::string_view type, std::string_view id) {
    return with_endpoint(context, query, "SOURCE", type, id);
}

HookVariables reader_variables(HookContext const& context, std::string_view query,
                               std::string_view type, std::string_view id) {
    return with_endpoint(context, query, "READER", type, id);
}

HookVariables demand_variables(HookContext const& context, std::string_view query) {
    auto variables = base_variables(context);
    variables.emplace_back("MTX_QUERY", query_escape(query));
    return variables;
}

HookVariables connection_variables(std::string_view rtsp_port, std::string_view type,
                                   std::string_view id) {
    return {{"RTSP_PORT", std::string(rtsp_port)},
            {"MTX_CONN_TYPE", std::string(type)},
            {"MTX_CONN_ID", std::string(id)}};
}

std::string rtsp_port_of(std::string_view rtsp_address) {
    auto const colon = rtsp_address.rfind(':');
    return colon == rtsp_address.npos ? "" : std::string(rtsp_address.substr(colon + 1));
}

}  // namespace tidegate::router
