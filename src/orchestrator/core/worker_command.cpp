#include "orchestrator/core/worker_command.hpp"

#include <utility>

#include "base/stream_id.hpp"

namespace tidegate::orchestrator {

std::vector<std::string> worker_arguments(WorkerCommand const& command,
                                          std::string const& stream_id,
                                          std::string const& lease_file,
                                          action::Spawn const& spawn) {
    auto const in = base::stream_path(stream_id, base::Direction::in);
    auto const out = base::stream_path(stream_id, base::Direction::out);
    bool const several = choose_dub(command.dub, spawn.params).languages.size() > 1;
    auto const router = command.routers.find(spawn.router);
    auto const& input = command.reads_rtmp ? router.rtmp : router.rtsp;
    auto const& output = several ? router.rtsp : router.rtmp;
    auto arguments = command.program;
    arguments.insert(arguments.end(), {"--stream-id", stream_id,        //
                                       "--input", input + "/" + in,     //
                                       "--output", output + "/" + out,  //
                                       "--run-id", spawn.run_id});
    if (!lease_file.empty()) arguments.insert(arguments.end(), {"--lease", lease_file});
    for (auto& word : to_arguments(spawn.params)) arguments.push_back(std::move(word));
    for (auto& word : dub_arguments(command.dub, spawn.params)) {
        arguments.push_back(std::move(word));
    }
    auto const& lost = command.source_lost;
    if (!lost.goes_on()) return arguments;
    arguments.push_back("--on-source-lost=" + lost.then);
    if (!lost.slate_file.empty()) arguments.push_back("--slate-file=" + lost.slate_file);
    if (!lost.grace.empty()) arguments.push_back("--source-lost-grace=" + lost.grace);
    return arguments;
}

std::vector<std::string> worker_secrets(WorkerCommand const& command, Params const& params) {
    std::vector<std::string> environment;
    auto const& token = command.dub.token;
    if (!token.empty() && !choose_dub(command.dub, params).languages.empty()) {
        environment.push_back("STS_TOKEN=" + token);
    }
    auto const& [user, password] = command.login;
    if (password.empty()) return environment;
    for (std::string const side : {"INPUT", "OUTPUT"}) {
        environment.push_back(side + "_USER=" + user);
        environment.push_back(side + "_PASSWORD=" + password);
    }
    return environment;
}

WorksWith worker_works_with(WorkerCommand const& command, RunningProgram const& program) {
    return {from_arguments(program.argv), command.routers.router_of(program.argv)};
}

}  // namespace tidegate::orchestrator
