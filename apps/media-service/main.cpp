// media-service: the control plane. Reads the flags, chooses the worker backend, and runs the
// service on one event loop until SIGINT or SIGTERM.
#include <sys/resource.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "config/flags.hpp"
#include "election.hpp"
#include "log/log.hpp"
#include "net/first_of.hpp"
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

int fail(std::string const& why) {
    log::write(log::Level::error, "service.failed", why);
    std::fprintf(stderr, "media-service: %s\n", why.c_str());
    return 1;
}

asio::awaitable<int> wait_for_signal(asio::signal_set& signals) {
    auto const [failed, number] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return failed ? 0 : number;
}

// election: null: this process is alone. Returns when it is to end. 0: it was told to.
asio::awaitable<int> run_until_end(asio::signal_set& signals, Election* election) {
    if (election == nullptr) {
        co_await wait_for_signal(signals);
        co_return 0;
    }
    election->start();
    auto const end = co_await net::first_of(wait_for_signal(signals), election->wait_for_end());
    co_return end.index() == 0 ? 0 : fail(std::get<1>(end));
}

asio::awaitable<int> serve(asio::io_context& io, orchestrator::MediaService& service,
                           Election* election) {
    asio::signal_set signals(io, SIGINT, SIGTERM);
    if (auto const started = service.start(); !started) co_return fail(started.error());
    log::write(log::Level::info, "service.started", "accepting events",
               {{"port", static_cast<std::int64_t>(service.port())}});
    auto const code = co_await run_until_end(signals, election);
    log::write(log::Level::info, "service.stopping", "shutting down gracefully");
    if (election != nullptr) {
        // First, so that another replica leads while requests to this one are still answered.
        co_await service.end_leading();
        co_await election->release();
    }
    co_await service.stop();
    co_return code;
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
std::unique_ptr<orchestrator::WorkerBackend> make_workers(
    asio::io_context& io, Options& options, std::shared_ptr<kubernetes::Reach> const& reach) {
    if (options.worker_mode != "kubernetes") {
        return std::make_unique<orchestrator::ProcessBackend>(io, std::move(options.workers));
    }
    auto pods = pod_settings(options.cluster, options.worker, options.service.control.policy);
    if (!pods) throw std::runtime_error(pods.error());
    pods->fence = options.service.control.fence;
    pods->client.reach = reach;
    return std::make_unique<orchestrator::PodBackend>(io, *std::move(pods));
}

int run(Options options) {
    raise_descriptor_limit();
    asio::io_context io(1);
    orchestrator::Egress egress(options.egress_file, options.egress_store);
    if (auto const loaded = egress.load(); !loaded) return fail(loaded.error());
    options.forwarders.launch = [&](std::string const& name, std::string const& lease_file,
                                    orchestrator::action::Spawn const& spawn) {
        auto const forward = orchestrator::parse_forward_name(name);
        auto const url = forward ? egress.url(*forward) : std::nullopt;
        if (!url) return orchestrator::Launch{};
        return orchestrator::forward_launch(options.forwarder, *forward, lease_file, spawn, *url);
    };
    auto const replica = replica_settings(options.leader);
    auto const fence = replica ? std::make_shared<net::Fence>() : nullptr;
    options.service.control.fence = fence;
    // Of all our clients of the API server, if there are any.
    auto const reach = std::make_shared<kubernetes::Reach>();
    options.service.cluster = reach;
    auto const workers = make_workers(io, options, reach);
    orchestrator::ProcessBackend forwarders(io, std::move(options.forwarders));
    auto const url =
        advertised_url(options.leader, options.service.listen, options.service.tls.has_value());
    options.service.replica = replica;
    orchestrator::MediaService service(io, std::move(options.service), *workers, forwarders,
                                       egress);
    std::unique_ptr<Election> election;
    if (replica) {
        auto made = Election::make(io, service,
                                   {{options.cluster.kubeconfig, options.cluster.context, {}},
                                    options.leader.lease,
                                    replica->name,
                                    url,
                                    fence,
                                    reach});
        if (!made) return fail(made.error());
        election = *std::move(made);
    }
    return program::run_until_done(io, serve(io, service, election.get()));
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
