// How main() of a program that handles one stream runs its session: the lease, the loop, metrics
// and signals. The main thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "endpoint/exit_code.hpp"
#include "net/event_loop.hpp"
#include "net/lease.hpp"
#include "program/run.hpp"
#include "program/wind_up.hpp"

namespace tidegate::endpoint {

struct SessionSettings {
    std::string run_id;
    std::string lease;           // the file; empty: none is taken
    std::string metrics_listen;  // empty: no metrics are served
    net::WatchClock clock;       // how often deadlines are checked
    // Logs an error.
    std::function<void(std::string_view event, std::string const& message)> tell;
};

// Serves metrics, if they are asked for, and runs the session until it ends or a signal stops it.
template <class Metrics, class Session>
boost::asio::awaitable<ExitCode> serve_session(net::EventLoop& loop, Session& session,
                                               SessionSettings const& settings) {
    std::optional<Metrics> metrics;
    if (!settings.metrics_listen.empty()) {
        metrics.emplace(loop.io(), settings.metrics_listen, session);
        if (auto const started = metrics->start(); !started) {
            settings.tell("metrics.failed", started.error());
            co_await program::wind_up(loop, static_cast<int>(ExitCode::configuration));
            co_return ExitCode::configuration;
        }
    }
    boost::asio::signal_set signals(loop.io(), SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code cancelled, int) {
        if (!cancelled) session.stop();
    });
    auto const code = co_await session.run();
    signals.cancel();
    if (metrics) co_await metrics->stop();
    co_await program::wind_up(loop, static_cast<int>(code));
    co_return code;
}

// make(loop): the session, as a pointer, or why there is none. It lives until the loop has ended.
template <class Metrics, class Make>
ExitCode run_session(SessionSettings const& settings, Make make) {
    std::optional<net::Lease> lease;
    if (!settings.lease.empty()) {
        auto taken = net::Lease::take(settings.lease, settings.run_id);
        if (!taken) {
            auto const& refused = taken.error();
            auto const holder =
                refused.holder ? " (pid " + std::to_string(refused.holder->pid) + ")" : "";
            settings.tell("lease.refused", refused.reason + holder);
            return ExitCode::transient;
        }
        lease.emplace(std::move(*taken));
    }
    // All sockets and timers are used by this one thread; only a name server's answer comes from
    // another, through the scheduler, which keeps its lock.
    boost::asio::io_context io(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO);
    net::EventLoop loop(
        io, 0,
        [&](std::string const& name, std::string const& what) {
            settings.tell("task.failed", name + ": " + what);
        },
        settings.clock);
    auto const session = make(loop);
    if (!session) {
        settings.tell("config.invalid", session.error());
        return ExitCode::configuration;
    }
    return program::run_until_done(io, serve_session<Metrics>(loop, **session, settings));
}

}  // namespace tidegate::endpoint
