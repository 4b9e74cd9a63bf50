// stream-forwarder: reads one live stream over RTSP or RTMP, and pushes it to one RTMP destination.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/random.hpp"
#include "config/flags.hpp"
#include "forwarder/forward.hpp"
#include "forwarder/forwarder_metrics.hpp"
#include "log/log.hpp"
#include "net/event_loop.hpp"
#include "net/lease.hpp"
#include "options.hpp"
#include "program/run.hpp"
#include "program/wind_up.hpp"

namespace {

using namespace tidegate;
using forwarder::ExitCode;
namespace asio = boost::asio;

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

asio::awaitable<ExitCode> serve(net::EventLoop& loop, forwarder::Forward& forward,
                                Options const& options) {
    std::optional<forwarder::ForwarderMetrics> metrics;
    if (!options.metrics_listen.empty()) {
        metrics.emplace(loop.io(), options.metrics_listen, forward);
        if (auto const started = metrics->start(); !started) {
            log_run(options, log::Level::error, "metrics.failed", started.error());
            co_await program::wind_up(loop, static_cast<int>(ExitCode::configuration));
            co_return ExitCode::configuration;
        }
    }
    asio::signal_set signals(loop.io(), SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code cancelled, int) {
        if (!cancelled) forward.stop();
    });
    auto const code = co_await forward.run();
    signals.cancel();
    if (metrics) co_await metrics->stop();
    co_await program::wind_up(loop, static_cast<int>(code));
    co_return code;
}

ExitCode run(Options const& options) {
    std::optional<net::Lease> lease;
    if (!options.lease.empty()) {
        auto taken = net::Lease::take(options.lease, options.forward.run_id);
        if (!taken) {
            auto const& refused = taken.error();
            auto const holder =
                refused.holder ? " (pid " + std::to_string(refused.holder->pid) + ")" : "";
            log_run(options, log::Level::error, "lease.refused", refused.reason + holder);
            return ExitCode::transient;
        }
        lease.emplace(std::move(*taken));
    }
    // All sockets and timers are used by this one thread; only a name server's answer comes from
    // another, through the scheduler, which keeps its lock.
    asio::io_context io(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO);
    net::EventLoop loop(
        io, 0,
        [&](std::string const& name, std::string const& what) {
            log_run(options, log::Level::error, "task.failed", name + ": " + what);
        },
        kWatchClock);
    forwarder::Forward forward(loop, options.forward);
    return program::run_until_done(io, serve(loop, forward, options));
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    auto const parsed = parse_command_line(argc, argv, options);
    if (auto const* const exit = std::get_if<config::Exit>(&parsed)) {
        if (exit->code == 0) {
            std::fputs(exit->text.c_str(), stdout);
        } else {
            std::fputs(program::in_one_line("stream-forwarder", exit->text).c_str(), stderr);
        }
        return exit->code;
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
