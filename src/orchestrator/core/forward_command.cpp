#include "orchestrator/core/forward_command.hpp"

#include <string_view>
#include <utility>

#include "base/stream_id.hpp"

namespace tidegate::orchestrator {

namespace {

// It is made from a secret, so it stands where other users of the machine cannot read it.
constexpr std::string_view kRevisionVariable = "FORWARD_REVISION=";

void add_all(std::vector<std::string>& arguments, char const* flag,
             std::vector<std::string> const& values) {
    for (auto const& value : values) arguments.insert(arguments.end(), {flag, value});
}

}  // namespace

Launch forward_launch(ForwardCommand const& command, ForwardName const& name,
                      std::string const& lease_file, action::Spawn const& spawn,
                      std::string const& url) {
    auto const out = base::stream_path(name.stream_id, base::Direction::out);
    auto const router = command.routers.find(spawn.router);
    Launch launch;
    launch.argv = command.program;
    launch.argv.insert(launch.argv.end(), {"--stream-id", name.stream_id,       //
                                           "--destination", name.destination,   //
                                           "--input", router.rtsp + "/" + out,  //
                                           "--output-fd", std::to_string(kSecretDescriptor),
                                           "--run-id", spawn.run_id, "--lease", lease_file});
    if (command.allow_private) launch.argv.emplace_back("--allow-private-destinations");
    add_all(launch.argv, "--allow-destination", command.allowed);
    add_all(launch.argv, "--own-port", command.own_ports);
    auto const& [user, password] = command.login;
    if (!password.empty()) {
        launch.environment = {"INPUT_USER=" + user, "INPUT_PASSWORD=" + password};
    }
    if (auto const revision = spawn.params.find(kRevision); revision != spawn.params.end()) {
        launch.environment.push_back(std::string(kRevisionVariable) + revision->second);
    }
    launch.secret = url;
    return launch;
}

WorksWith forward_works_with(ForwardCommand const& command, RunningProgram const& program) {
    Params params;
    for (std::string_view const variable : program.environment) {
        if (!variable.starts_with(kRevisionVariable)) continue;
        params[kRevision] = variable.substr(kRevisionVariable.size());
    }
    return {std::move(params), command.routers.router_of(program.argv)};
}

}  // namespace tidegate::orchestrator
