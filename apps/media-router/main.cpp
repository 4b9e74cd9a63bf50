// media-router: the embedded, MediaMTX-compatible media router.
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "config/mediamtx/conf.hpp"
#include "log/log.hpp"
#include "options.hpp"
#include "router/app/log_settings.hpp"
#include "router/app/modules/modules.hpp"
#include "router/app/router.hpp"

namespace {

using namespace tidegate;
namespace asio = boost::asio;
namespace mediamtx = config::mediamtx;

void info(std::string const& message) {
    log::write(log::Level::info, "router", message);
}

// MediaMTX's first lines, and what of the configuration has no effect here.
void log_start(mediamtx::Loaded const& loaded) {
    router::log_deprecated(loaded.conf);
    info("MediaMTX v1.20.1, linux, amd64 (embedded: tidegate media-router)");
    if (!loaded.file.empty()) {
        info("configuration loaded from " + loaded.file);
    } else {
        log::write(log::Level::warn, "config.not_found",
                   fmt::format("configuration file not found (looked in {}), using an empty "
                               "configuration",
                               fmt::join(loaded.candidates, ", ")));
    }
    router::log_no_effect(loaded.conf);
}

// Each connection needs a descriptor: raises the soft limit to the hard one.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Lists and metrics of a thousand paths are megabytes of text, made again for every request: their
// memory is kept for the next one instead of being given back to the kernel and cleared anew.
// Larger pieces are unfinished messages and pictures of up to 16 MiB: each is given back as soon as
// it is freed. Otherwise those of several publishers would leave holes in the heap for ever.
void keep_freed_memory() {
    constexpr int kKept = 32 * 1024 * 1024;
    constexpr int kLargestKept = 4 * 1024 * 1024;
    mallopt(M_TRIM_THRESHOLD, kKept);
    mallopt(M_MMAP_THRESHOLD, kLargestKept);
}

// Opens the log file again, which logrotate may have moved away. False: there is no log file.
bool reopen_log() {
    auto const reopened = log::reopen();
    if (!reopened) log::write(log::Level::error, "log.refused", reopened.error());
    if (reopened && *reopened) info("reopened the log file (SIGHUP)");
    return !reopened || *reopened;
}

// True: whoever started us wants hangups to be ignored, as nohup does.
bool ignores_hangup() {
    struct sigaction action{};
    return ::sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// Returns on SIGINT and SIGTERM. On SIGHUP it opens the log file again; without a log file, SIGHUP
// says that the terminal is gone, and ends the program if hangup_ends.
asio::awaitable<void> wait_for_end(asio::signal_set& signals, bool hangup_ends) {
    while (true) {
        auto const signal = co_await signals.async_wait(asio::use_awaitable);
        if (signal != SIGHUP) co_return;
        if (!reopen_log() && hangup_ends) co_return;
    }
}

asio::awaitable<int> serve(router::Router& router) {
    bool const hangup_ends = !ignores_hangup();
    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM, SIGHUP);
    auto const started = router.start();
    if (!started) {
        log::write(log::Level::error, "router.failed", started.error());
    } else {
        co_await wait_for_end(signals, hangup_ends);
        info("shutting down gracefully");
        // A second signal ends the drain.
        signals.async_wait([&router](boost::system::error_code cancelled, int) {
            if (!cancelled) router.hurry();
        });
        co_await router.drain();
        signals.cancel();
    }
    co_await router.stop();
    co_return started ? 0 : 1;
}

int run(MediaRouterOptions const& options) {
    auto const environment = config::process_environment();
    auto const loaded = mediamtx::load(options.configuration, environment);
    if (!loaded) {
        std::printf("ERR: %s\n", loaded.error().c_str());
        return 1;
    }
    if (auto started = log::start(router::log_settings_of(loaded->conf.global)); !started) {
        std::printf("ERR: %s\n", started.error().c_str());
        return 1;
    }
    raise_descriptor_limit();
    keep_freed_memory();
    log_start(*loaded);

    asio::io_context control(1);
    router::Router router(control, *loaded, environment, options.router, router::all_modules);
    int code = 1;
    asio::co_spawn(control, serve(router), [&](std::exception_ptr failure, int result) {
        if (failure) std::rethrow_exception(failure);
        code = result;
    });
    control.run();
    log::stop();
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    auto const command = parse_command_line(argc, argv);
    if (!command.run) {
        std::fputs(command.output.c_str(), command.exit_code == 0 ? stdout : stderr);
        return command.exit_code;
    }
    try {
        return run(*command.run);
    } catch (std::exception const& error) {
        std::printf("ERR: %s\n", error.what());
        return 1;
    }
}
