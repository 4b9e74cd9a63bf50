// sts-echo: a speech service for tests. It speaks the protocol of a real one, and answers each
// fragment with the sound that came, or with one that a test can recognise.
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "log/log.hpp"
#include "metrics/family.hpp"
#include "metrics/registry.hpp"
#include "net/event_loop.hpp"
#include "net/signal_wait.hpp"
#include "options.hpp"
#include "program/run.hpp"
#include "sts/io/service_server.hpp"

namespace {

using namespace tidegate;
namespace asio = boost::asio;

// How long clients may take to say good-bye when the program stops.
constexpr std::chrono::milliseconds kStopDeadline{2000};

http::Response answer_health(http::Request const&) {
    http::Response response;
    response.content_type = "application/json";
    response.body = R"({"status":"healthy","service":"echo-sts"})";
    return response;
}

std::string metrics_text(sts::ServiceServer const& server, echo::EchoCounters const& echo) {
    using enum metrics::FamilyType;
    auto const value = [](auto number) { return static_cast<double>(number); };
    auto const& counters = server.counters();
    return metrics::text({
        {"tidegate_sts_echo_connections",
         "Clients that are connected.",
         gauge,
         {{{}, value(server.open())}}},
        {"tidegate_sts_echo_sessions_active",
         "Streams under way.",
         gauge,
         {{{}, value(server.active())}}},
        {"tidegate_sts_echo_fragments_in_flight",
         "Fragments that are not answered yet.",
         gauge,
         {{{}, value(server.in_flight())}}},
        {"tidegate_sts_echo_connections_total",
         "Clients that have connected.",
         counter,
         {{{}, value(counters.connections)}}},
        {"tidegate_sts_echo_connections_refused_total",
         "Clients that were not served, by reason.",
         counter,
         {{{{"reason", "limit"}}, value(counters.rejected)},
          {{{"reason", "protocol"}}, value(counters.hostile)}}},
        {"tidegate_sts_echo_fragments_total",
         "Fragments, by what became of them.",
         counter,
         {{{{"status", "success"}}, value(echo.answered)},
          {{{"status", "failed"}}, value(echo.failed)},
          {{{"status", "lost"}}, value(echo.lost)},
          {{{"status", "broken_off"}}, value(echo.broken_off)}}},
    });
}

asio::awaitable<int> serve(net::EventLoop& loop, sts::ServiceServer& server) {
    if (auto const started = server.start(); !started) {
        log::write(log::Level::error, "service.failed", started.error());
        std::fprintf(stderr, "sts-echo: %s\n", started.error().c_str());
        co_return 1;
    }
    log::write(log::Level::info, "service.started", "serving clients",
               {{"port", static_cast<std::int64_t>(server.port())}});
    co_await net::wait_for_stop_signal();
    log::write(log::Level::info, "service.stopping", "shutting down gracefully");
    co_await server.stop(kStopDeadline);
    loop.stop();
    co_return 0;
}

int run(echo::Options const& options) {
    asio::io_context io(1);
    net::EventLoop loop(io, 0, log::task_failed);
    echo::EchoCounters counters;
    sts::ServiceServer server(loop, {.address = options.address(),
                                     .policy = options.policy,
                                     .connections = static_cast<std::size_t>(options.connections),
                                     .make_worker = [&](sts::ServiceConnection& connection) {
                                         return std::make_unique<echo::Echo>(
                                             connection, options.behaviour, counters);
                                     }});
    server.http().route("GET", "/health", answer_health);
    server.http().route("GET", "/metrics", [&](http::Request const&) {
        http::Response response;
        response.content_type = std::string(metrics::kContentType);
        response.body = metrics_text(server, counters);
        return response;
    });
    return program::run_until_done(io, serve(loop, server));
}

}  // namespace

int main(int argc, char** argv) {
    echo::Options options;
    if (auto const parsed = echo::parse_command_line(argc, argv, options);
        auto const* const exit = std::get_if<config::Exit>(&parsed)) {
        return config::leave(*exit);
    }
    program::start_log(options.log, "sts-echo");
    int code = 1;
    try {
        code = run(options);
    } catch (std::exception const& error) {
        log::write(log::Level::error, "service.failed", error.what());
    }
    log::stop();
    return code;
}
