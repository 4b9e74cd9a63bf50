#include "http/server.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "base/lower_case.hpp"
#include "http/server_core.hpp"
#include "http/session.hpp"
#include "log/log.hpp"
#include "net/first_of.hpp"
#include "net/listener.hpp"

namespace tidegate::http {

namespace {

void report_certificate(std::string const& address, std::expected<void, std::string> const& used) {
    if (used) {
        log::write(log::Level::info, "http.certificate",
                   "a new certificate is used on " + address + " from now on");
    } else {
        log::write(log::Level::error, "http.certificate",
                   "the certificate on " + address + " stays the old one: " + used.error());
    }
}

// On the server's loop.
void watch_certificate(ServerCore& core) {
    if (core.tls == nullptr) return;
    core.tls_watch.emplace(core.io, core.tls, [address = core.settings.address](auto const& used) {
        report_certificate(address, used);
    });
}

}  // namespace

class Server::Impl {
public:
    Impl(asio::io_context& io, ServerSettings settings)
        : core(std::make_shared<ServerCore>(io, std::move(settings))) {}

    ~Impl() {
        close();
        core->connections.stop();
        core->end_sessions();
        core->services.stop();
    }

    void close() {
        core->stopping = true;
        core->tls_watch.reset();
        boost::system::error_code ignored;
        core->acceptor.close(ignored);
        for (auto const& session : core->sessions) session->wake_for_stop();
    }

    std::shared_ptr<ServerCore> core;
};

Server::Server(asio::io_context& io, ServerSettings settings)
    : impl_(std::make_unique<Impl>(io, std::move(settings))) {}

Server::~Server() = default;

void Server::route(std::string_view method, std::string_view pattern, WaitingHandler handler) {
    impl_->core->routes.add(method, pattern, std::move(handler));
}

std::expected<void, std::string> Server::start() {
    auto& core = *impl_->core;
    auto const& address = core.settings.address;
    auto const endpoint = net::parse_listen_address(address);
    if (!endpoint) return std::unexpected(endpoint.error());
    if (core.settings.tls) {
        auto loaded = net::TlsServerContext::load(*core.settings.tls);
        if (!loaded) return std::unexpected(loaded.error());
        core.tls = *std::move(loaded);
    }
    auto acceptor = net::open_acceptor(core.io, *endpoint, net::PortSharing::exclusive);
    if (!acceptor) {
        return std::unexpected("listen tcp " + address +
                               ": bind: " + base::lower_first(acceptor.error().message()));
    }
    core.acceptor = *std::move(acceptor);
    asio::post(core.io, [shared = impl_->core] {
        if (shared->stopping) return;
        watch_certificate(*shared);
        shared->services.spawn("http deadlines", check_deadlines(shared));
        shared->services.spawn("http accept", accept_connections(shared));
    });
    return {};
}

unsigned short Server::port() const {
    boost::system::error_code error;
    return impl_->core->acceptor.local_endpoint(error).port();
}

asio::awaitable<void> Server::stop(std::chrono::milliseconds deadline) {
    auto const core = impl_->core;
    impl_->close();
    co_await net::first_of(core->join_sessions(), net::sleep_for(deadline));
    core->connections.stop();
    core->end_sessions();
    core->services.stop();
    co_await core->connections.join();
    co_await core->services.join();
}

}  // namespace tidegate::http
