// segment-archiver run: uploads what is in the spool until SIGTERM. Uploads run on threads of their
// own; this loop looks at the spool and serves /metrics.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "archive/io/archive_metrics.hpp"
#include "archive/io/archiver.hpp"
#include "log/log.hpp"
#include "net/signal_wait.hpp"
#include "program/run.hpp"
#include "run_options.hpp"

namespace {

using namespace tidegate;
namespace asio = boost::asio;

// How often we look whether the last upload has ended, while the program stops.
constexpr std::chrono::milliseconds kDrainLook{20};

int fail(std::string const& why) {
    log::write(log::Level::error, "service.failed", why);
    std::fprintf(stderr, "segment-archiver: %s\n", why.c_str());
    return 1;
}

asio::awaitable<void> pause(std::chrono::nanoseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> scan_forever(archive::Archiver& archiver, std::chrono::nanoseconds interval) {
    while (true) {
        co_await pause(interval);
        archiver.scan();
    }
}

asio::awaitable<int> serve(asio::io_context& io, archive::Options const& options,
                           archive::Archiver& archiver) {
    std::optional<archive::ArchiveServer> server;
    if (!options.metrics_listen.empty()) {
        server.emplace(io, options.metrics_listen, archiver);
        if (auto const started = server->start(); !started) co_return fail(started.error());
    }
    archiver.start();
    asio::co_spawn(io, scan_forever(archiver, options.scan_interval), asio::detached);
    log::write(log::Level::info, "service.started", "uploading",
               {{"bucket", options.endpoint.bucket},
                {"spool", options.spool},
                {"waiting", static_cast<std::int64_t>(archiver.figures().waiting)}});
    co_await net::wait_for_stop_signal();
    log::write(log::Level::info, "service.stopping", "uploads under way may end");
    auto const deadline = std::chrono::steady_clock::now() + options.stop_timeout;
    while (!archiver.drain() && std::chrono::steady_clock::now() < deadline) {
        co_await pause(kDrainLook);
    }
    archiver.stop();
    if (server) co_await server->stop();
    co_return 0;
}

archive::ArchiverSettings settings_of(archive::Options const& options) {
    return {*archive::Endpoint::make(options.endpoint),
            options.credentials,
            options.policy,
            options.ca_file,
            options.leftovers,
            static_cast<std::size_t>(options.uploads),
            std::chrono::duration_cast<std::chrono::seconds>(options.slow_timeout)};
}

int run(archive::Options const& options) {
    auto const spool = archive::Spool::open(options.spool);
    if (!spool) return fail(spool.error());
    auto const lock = spool->lock();
    if (!lock) return fail(lock.error());
    spool->tidy();
    archive::Archiver archiver(*spool, settings_of(options));
    asio::io_context io(1);
    return program::run_until_done(io, serve(io, options, archiver));
}

}  // namespace

int main(int argc, char** argv) {
    archive::Options options;
    if (auto const parsed = archive::parse_command_line(argc, argv, options);
        auto const* const exit = std::get_if<config::Exit>(&parsed)) {
        return config::leave(*exit);
    }
    program::start_log(options.log, "segment-archiver");
    int code = 1;
    try {
        code = run(options);
    } catch (std::exception const& error) {
        code = fail(error.what());
    }
    log::stop();
    return code;
}
