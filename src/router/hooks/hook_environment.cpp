#include "router/hooks/hook_environment.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "router/hooks/hook_command.hpp"

namespace tidegate::router {
namespace {

// Those of deploy's file of passwords that do not belong to the configuration: media-service and
// its workers have them of the same file.
constexpr std::array<std::string_view, 2> kOfOtherPrograms = {"ROUTER_API_PASSWORD",
                                                              "WORKER_PASSWORD"};

// The configuration by environment, under its present name and its old one.
bool is_configuration(std::string_view name) {
    return name.starts_with("MTX_") || name.starts_with("RTSP_");
}

// rtsp://user:password@camera
bool has_userinfo(std::string_view value) {
    auto const scheme = value.find("://");
    if (scheme == value.npos) return false;
    auto const authority = value.substr(scheme + 3, value.find('/', scheme + 3) - (scheme + 3));
    return authority.contains('@');
}

bool is_secret(std::string_view entry) {
    auto const equals = std::min(entry.find('='), entry.size());
    auto const name = entry.substr(0, equals);
    if (std::ranges::find(kOfOtherPrograms, name) != kOfOtherPrograms.end()) return true;
    // PASS, PASSWORD, PASSPHRASE; users may be hashes of names.
    return is_configuration(name) &&
           (name.contains("PASS") || name.starts_with("MTX_AUTHINTERNALUSERS_") ||
            has_userinfo(entry.substr(equals)));
}

HookVariables with_type_and_id(HookContext const& context, std::string_view query,
                               std::string const& kind, std::string_view type,
                               std::string_view id) {
    auto variables = demand_variables(context, query);
    variables.emplace_back("MTX_" + kind + "_TYPE", type);
    variables.emplace_back("MTX_" + kind + "_ID", id);
    return variables;
}

}  // namespace

Environment inherited_by_hooks(Environment environment) {
    std::erase_if(environment, is_secret);
    return environment;
}

Environment merged_environment(Environment const& environment, HookVariables const& variables) {
    std::map<std::string, std::string, std::less<>> merged;
    for (auto const& entry : environment) {
        auto const equals = std::min(entry.find('='), entry.size());
        merged[entry.substr(0, equals)] = entry;
    }
    for (auto const& [name, value] : variables) {
        merged[name] = name + "=" + value.substr(0, value.find('\0'));
    }
    Environment result;
    result.reserve(merged.size());
    for (auto& [name, entry] : merged) result.push_back(std::move(entry));
    return result;
}

std::string_view value_in(HookVariables const& variables, Environment const& environment,
                          std::string_view name) {
    for (auto at = variables.rbegin(); at != variables.rend(); ++at) {
        if (at->first == name) return at->second;
    }
    for (std::string_view const entry : environment) {
        if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name)) {
            return entry.substr(name.size() + 1);
        }
    }
    return {};
}

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
    return with_type_and_id(context, query, "SOURCE", type, id);
}

HookVariables reader_variables(HookContext const& context, std::string_view query,
                               std::string_view type, std::string_view id) {
    return with_type_and_id(context, query, "READER", type, id);
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
