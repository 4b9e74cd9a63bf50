#include "call.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <span>
#include <string_view>
#include <utility>

#include "base/random.hpp"
#include "usage.hpp"

namespace tidegate::hook {

namespace {

std::expected<void, Error> run(std::span<char const* const> arguments, Sign sign, Event& event,
                               std::string const& id) {
    std::string_view const kind = arguments.size() == 2 ? arguments[1] : "";
    if (kind != "ready" && kind != "not-ready") {
        return std::unexpected(Error{Failure::usage, kUsage});
    }
    auto const url = required(getenv, "ORCHESTRATOR_URL");
    if (!url) return std::unexpected(url.error());
    auto read = read_event(getenv);
    if (!read) return std::unexpected(read.error());
    event = std::move(*read);
    auto const target = parse_target(*url);
    if (!target) return std::unexpected(target.error());
    Message message{"/v1/mediamtx/events/" + std::string(kind), to_json(event), id, {}};
    message.signature = sign(message);
    return post(*target, std::move(message));
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

std::string unsigned_message(Message const&) {
    return {};
}

int fail(Error const& error, Event const& event, std::string const& correlation_id) {
    auto const line = failure_line(error, now(), event, correlation_id);
    static_cast<void>(!write(STDERR_FILENO, line.data(), line.size()));
    return static_cast<int>(error.failure);
}

int call(int argc, char const* const* argv, Sign sign) {
    auto const correlation_id = base::random_uuid();
    Event event;
    auto const outcome = run({argv, static_cast<std::size_t>(argc)}, sign, event, correlation_id);
    return outcome ? EXIT_SUCCESS : fail(outcome.error(), event, correlation_id);
}

}  // namespace tidegate::hook
