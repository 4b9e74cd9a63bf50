#include "call.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/random.hpp"
#include "event.hpp"
#include "usage.hpp"

namespace tidegate::hook {

namespace {

// Beside this program, or where a package puts what people do not start themselves.
constexpr char const* kPlaces[] = {"mtx-hook-secure", "../lib/tidegate/mtx-hook-secure"};

// Returns only if there is no such program.
std::expected<void, Error> become_secure(char** argv) {
    std::error_code error;
    auto const folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (auto const* const place : kPlaces) ::execv((folder / place).c_str(), argv);
    return std::unexpected(
        Error{Failure::usage,
              "mtx-hook-secure, which signs and encrypts, is not installed beside mtx-hook"});
}

std::expected<void, Error> run(std::span<char*> arguments, Event& event, std::string_view id,
                               Security const* security) {
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
    if (security == nullptr && needs_security(*target)) return become_secure(arguments.data());
    return post(*target, "/v1/mediamtx/events/" + std::string(kind), to_json(event), id, security);
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

int call(int argc, char** argv, Security const* security) {
    auto const correlation_id = base::random_uuid();
    Event event;
    auto const outcome =
        run({argv, static_cast<std::size_t>(argc)}, event, correlation_id, security);
    if (outcome) return EXIT_SUCCESS;
    auto const line = failure_line(outcome.error(), now(), event, correlation_id);
    static_cast<void>(!write(STDERR_FILENO, line.data(), line.size()));
    return static_cast<int>(outcome.error().failure);
}

}  // namespace tidegate::hook
