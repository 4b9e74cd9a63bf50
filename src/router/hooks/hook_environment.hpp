// The environment of a hook's command: what it inherits of the router's, and the variables that say
// what has happened. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::router {

// NAME=value each.
using Environment = std::vector<std::string>;

// Names and values. Where a name stands twice, the later value counts.
using HookVariables = std::vector<std::pair<std::string, std::string>>;

// The router's environment without the passwords that are the router's alone: hooks are commands of
// their own, and so are the programs that they start. MediaMTX hands on everything (deliberate
// difference).
Environment inherited_by_hooks(Environment environment);

// The environment with the variables over it. A NUL cannot be passed to a program: it ends a value.
Environment merged_environment(Environment const& environment, HookVariables const& variables);

// The value of a name there; empty if it has none.
std::string_view value_in(HookVariables const& variables, Environment const& environment,
                          std::string_view name);

// What the variables of a path's hook are made of.
struct HookContext {
    std::string path;
    std::string rtsp_port;            // see rtsp_port_of()
    std::vector<std::string> groups;  // of the path's regular expression: G1, G2, ...
};

// runOnInit: MTX_PATH and the like.
HookVariables base_variables(HookContext const& context);
// Hooks of a stream: also MTX_QUERY, MTX_SOURCE_TYPE and MTX_SOURCE_ID, which name the publisher.
// query is the publisher's, as it came; it is percent-encoded once more here.
HookVariables source_variables(HookContext const& context, std::string_view query,
                               std::string_view type, std::string_view id);
// runOnRead and runOnUnread: also MTX_QUERY, MTX_READER_TYPE and MTX_READER_ID.
HookVariables reader_variables(HookContext const& context, std::string_view query,
                               std::string_view type, std::string_view id);
// runOnDemand and runOnUnDemand: also MTX_QUERY.
HookVariables demand_variables(HookContext const& context, std::string_view query);
// runOnConnect and runOnDisconnect.
HookVariables connection_variables(std::string_view rtsp_port, std::string_view type,
                                   std::string_view id);
// "8554" of ":8554" or "[::1]:8554".
std::string rtsp_port_of(std::string_view rtsp_address);

}  // namespace tidegate::router
