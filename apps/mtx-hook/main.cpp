// mtx-hook ready|not-ready: one call by the media router, one POST to media-service. Says nothing
// when all is well; otherwise one JSON line on stderr, and an exit code per cause (event.hpp).
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <span>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "event.hpp"
#include "post.hpp"
#include "usage.hpp"

namespace {

using namespace tidegate::hook;

std::expected<void, Error> run(std::span<char*> arguments, Event& event, std::string_view id) {
    std::string_view const kind = arguments.size() == 2 ? arguments[1] : "";
    if (kind != "ready" && kind != "not-ready") {
        return std::unexpected(Error{Failure::usage, kUsage});
    }
    auto const url = required(getenv, "ORCHESTRATOR_URL");
    if (!url) return std::unexpected(url.error());
    auto read = read_event(getenv);
    if (!read) return std::unexpected(read.error());
    event = std::move(*read);
    auto target = parse_target(*url);
    if (!target) return std::unexpected(target.error());
    for (auto const& [name, value] :
         {std::pair{"HOOK_SECRET", &target->secret},
          std::pair{"ORCHESTRATOR_CA_FILE", &target->trust.ca_file},
          std::pair{"ORCHESTRATOR_FINGERPRINT", &target->trust.fingerprint}}) {
        if (auto const* set = getenv(name)) *value = set;
    }
    return post(*target, "/v1/mediamtx/events/" + std::string(kind), to_json(event), id);
}

std::string now() {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    tm parts{};
    gmtime_r(&time.tv_sec, &parts);
    std::array<char, 32> text{};
    auto const length = strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
    auto const micros = std::to_string(1'000'000 + time.tv_nsec / 1'000);
    return std::string(text.data(), length) + micros.substr(1) + 'Z';
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--help") return std::fputs(kHelp, stdout) < 0;
    if (argc == 2 && std::string_view(argv[1]) == "--version") return std::puts(kVersion) < 0;
    auto const correlation_id = tidegate::base::random_uuid();
    Event event;
    auto const outcome = run({argv, static_cast<std::size_t>(argc)}, event, correlation_id);
    if (outcome) return EXIT_SUCCESS;
    auto const line = failure_line(outcome.error(), now(), event, correlation_id);
    static_cast<void>(!write(STDERR_FILENO, line.data(), line.size()));
    return static_cast<int>(outcome.error().failure);
}
