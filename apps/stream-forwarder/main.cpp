// stream-forwarder: reads one live stream over RTSP or RTMP, and pushes it to one RTMP destination.
#include <chrono>
#include <exception>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "config/flags.hpp"
#include "endpoint/run_session.hpp"
#include "forwarder/forward.hpp"
#include "forwarder/forwarder_metrics.hpp"
#include "log/log.hpp"
#include "net/event_loop.hpp"
#include "options.hpp"
#include "program/wind_up.hpp"

namespace {

using namespace tidegate;
using forwarder::ExitCode;

// How often deadlines are checked. They are seconds long.
constexpr net::WatchClock kWatchClock{std::chrono::milliseconds{250},
                                      std::chrono::milliseconds{1000}};

void log_run(Options const& options, log::Level level, std::string_view event,
             std::string const& message) {
    log::write(level, event, message,
               {{"streamId", std::string_view(options.forward.stream_id)},
                {"destination", std::string_view(options.forward.destination)},
                {"runId", std::string_view(options.forward.run_id)}});
}

ExitCode run(Options const& options) {
    endpoint::SessionSettings const settings{
        .run = {options.forward.stream_id, options.forward.destination, options.forward.run_id},
        .lease = options.lease,
        .metrics_listen = options.metrics_listen,
        .health_listen = options.health_listen,
        .clock = kWatchClock,
        .tell = [&](log::Level level, std::string_view event, std::string const& message) {
            log_run(options, level, event, message);
        }};
    return endpoint::run_session<forwarder::ForwarderMetrics>(settings, [&](net::EventLoop& loop) {
        using Made = std::expected<std::unique_ptr<forwarder::Forward>, std::string>;
        return Made(std::make_unique<forwarder::Forward>(loop, options.forward));
    });
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    auto const parsed = parse_command_line(argc, argv, options);
    if (auto const* const exit = std::get_if<config::Exit>(&parsed)) {
        return program::leave_in_one_line("stream-forwarder", *exit);
    }
    if (options.forward.run_id.empty()) options.forward.run_id = base::random_uuid();
    program::start_log(options.log, "stream-forwarder");
    auto code = ExitCode::internal;
    if (!options.enabled) {
        log_run(options, log::Level::info, "egress.disabled", "this destination is switched off");
        code = ExitCode::stopped;
    } else {
        try {
            code = run(options);
        } catch (std::exception const& error) {
            log_run(options, log::Level::error, "egress.failed", error.what());
        }
    }
    log::stop();
    return static_cast<int>(code);
}
