// media-service: the control plane. Reads the flags, chooses the worker backend, and runs the
// service on one event loop until SIGINT or SIGTERM.
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "config/flags.hpp"
#include "log/log.hpp"
#include "options.hpp"
#include "orchestrator/io/http/media_service.hpp"
#include "orchestrator/io/http/tokens.hpp"
#include "program/run.hpp"

namespace {

using namespace tidegate;
namespace asio = boost::asio;

// Each connection and each worker needs descriptors: raises the soft limit to the hard one.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

asio::awaitable<int> serve(asio::io_context& io, orchestrator::MediaService& service) {
    asio::signal_set signals(io, SIGINT, SIGTERM);
    if (auto const started = service.start(); !started) {
        log::write(log::Level::error, "service.failed", started.error());
        std::fprintf(stderr, "media-service: %s\n", started.error().c_str());
        co_return 1;
    }
    log::write(log::Level::info, "service.started", "accepting events",
               {{"port", static_cast<std::int64_t>(service.port())}});
    co_await signals.async_wait(asio::use_awaitable);
    log::write(log::Level::info, "service.stopping", "shutting down gracefully");
    co_await service.stop();
    co_return 0;
}

// Prints the token, which is nowhere else.
int make_token(Options const& options) {
    auto const role = orchestrator::parse_role(options.token_role);
    auto const token = orchestrator::add_token(options.service.access.tokens_file,
                                               options.make_token, role.value());
    if (token) return std::printf("%s\n", token->c_str()) < 0;
    std::fprintf(stderr, "media-service: %s\n", token.error().c_str());
    return config::kConfigurationExitCode;
}

// Throws std::runtime_error: the cluster's settings, which were right a moment ago, are not.
std::unique_ptr<orchestrator::WorkerBackend> make_workers(asio::io_context& io, Options& options) {
    if (options.worker_mode != "kubernetes") {
        return std::make_unique<orchestrator::ProcessBackend>(io, std::move(options.workers));
    }
    auto pods = pod_settings(options.cluster, options.worker, options.service.control.policy);
    if (!pods) throw std::runtime_error(pods.error());
    return std::make_unique<orchestrator::PodBackend>(io, *std::move(pods));
}

int run(Options options) {
    raise_descriptor_limit();
    asio::io_context io(1);
    orchestrator::Egress egress(options.egress_file, options.egress_store);
    if (auto const loaded = egress.load(); !loaded) {
        log::write(log::Level::error, "service.failed", loaded.error());
        std::fprintf(stderr, "media-service: %s\n", loaded.error().c_str());
        return 1;
    }
    options.forwarders.launch = [&](std::string const& name, std::string const& lease_file,
                                    orchestrator::action::Spawn const& spawn) {
        auto const forward = orchestrator::parse_forward_name(name);
        auto const url = forward ? egress.url(*forward) : std::nullopt;
        if (!url) return orchestrator::Launch{};
        return orchestrator::forward_launch(options.forwarder, *forward, lease_file, spawn, *url);
    };
    auto const workers = make_workers(io, options);
    orchestrator::ProcessBackend forwarders(io, std::move(options.forwarders));
    orchestrator::MediaService service(io, std::move(options.service), *workers, forwarders,
                                       egress);
    return program::run_until_done(io, serve(io, service));
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (auto const parsed = parse_command_line(argc, argv, options);
        auto const* const exit = std::get_if<config::Exit>(&parsed)) {
        return config::leave(*exit);
    }
    if (!options.make_token.empty()) return make_token(options);
    program::start_log(options.log, "media-service");
    apply(options);
    int code = 1;
    try {
        code = run(std::move(options));
    } catch (std::exception const& error) {
        log::write(log::Level::error, "service.failed", error.what());
    }
    log::stop();
    return code;
}
