// How main() of a program that handles one stream runs its session: the lease, the loop, metrics,
// probes and signals. The main thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "endpoint/exit_code.hpp"
#include "endpoint/health_routes.hpp"
#include "endpoint/leased_run.hpp"
#include "net/event_loop.hpp"
#include "net/lease.hpp"
#include "net/remote_lease.hpp"
#include "program/run.hpp"
#include "program/wind_up.hpp"

namespace tidegate::endpoint {

struct SessionSettings {
    RunName run;
    std::string lease;                     // the file; empty: none is taken
    net::RemoteLeaseMaker remote_lease{};  // of the lease that others keep; empty: there is none
    std::string metrics_listen;            // empty: no metrics are served
    std::string health_listen;             // empty: probes are not answered
    net::WatchClock clock;                 // how often deadlines are checked
    Tell tell;
};

// The HTTP servers of a run: metrics, and what answers probes (with the metrics, too).
template <class Metrics, class Session>
class SessionServers {
public:
    SessionServers(boost::asio::io_context& io, Session& session, SessionSettings const& settings) {
        if (!settings.metrics_listen.empty()) {
            metrics_.emplace(io, settings.metrics_listen, session);
        }
        if (settings.health_listen.empty()) return;
        session.notify().remember();
        health_.emplace(io, settings.health_listen, session);
        add_health_routes(health_->server(), session.notify(), settings.run);
    }
    // False: a port cannot be had, and that was told.
    bool start(SessionSettings const& settings) {
        return start(metrics_, "metrics.failed", settings) &&
               start(health_, "health.failed", settings);
    }
    boost::asio::awaitable<void> stop() {
        if (metrics_) co_await metrics_->stop();
        if (health_) co_await health_->stop();
    }

private:
    static bool start(std::optional<Metrics>& server, std::string_view event,
                      SessionSettings const& settings) {
        if (!server) return true;
        auto const started = server->start();
        if (!started) settings.tell(log::Level::error, event, started.error());
        return started.has_value();
    }

    std::optional<Metrics> metrics_, health_;
};

// Serves what is asked for, and runs the session until it ends or a signal stops it.
template <class Metrics, class Session>
boost::asio::awaitable<ExitCode> serve_session(net::EventLoop& loop, Session& session,
                                               net::RemoteLease* lease,
                                               SessionSettings const& settings) {
    SessionServers<Metrics, Session> servers(loop.io(), session, settings);
    if (!servers.start(settings)) {
        co_await servers.stop();
        co_await program::wind_up(loop, static_cast<int>(ExitCode::configuration));
        co_return ExitCode::configuration;
    }
    LeasedRun<Session> run(session, lease, settings.tell);
    boost::asio::signal_set signals(loop.io(), SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code cancelled, int) {
        if (!cancelled) run.stop();
    });
    auto const code = co_await run.run();
    signals.cancel();
    co_await servers.stop();
    co_await program::wind_up(loop, static_cast<int>(code));
    co_return code;
}

// make(loop): the session, as a pointer, or why there is none. It lives until the loop has ended.
template <class Metrics, class Make>
ExitCode run_session(SessionSettings const& settings, Make make) {
    std::optional<net::Lease> lease;
    if (!settings.lease.empty()) {
        auto taken = net::Lease::take(settings.lease, settings.run.run_id);
        if (!taken) {
            auto const& refused = taken.error();
            auto const holder =
                refused.holder ? " (pid " + std::to_string(refused.holder->pid) + ")" : "";
            settings.tell(log::Level::error, "lease.refused", refused.reason + holder);
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
            settings.tell(log::Level::error, "task.failed", name + ": " + what);
        },
        settings.clock);
    auto const session = make(loop);
    if (!session) {
        settings.tell(log::Level::error, "config.invalid", session.error());
        return ExitCode::configuration;
    }
    std::unique_ptr<net::RemoteLease> remote;
    if (settings.remote_lease) {
        auto made = settings.remote_lease(io);
        if (!made) {
            settings.tell(log::Level::error, "lease.invalid", made.error());
            return ExitCode::configuration;
        }
        remote = *std::move(made);
    }
    return program::run_until_done(io,
                                   serve_session<Metrics>(loop, **session, remote.get(), settings));
}

}  // namespace tidegate::endpoint
