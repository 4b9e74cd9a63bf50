#include "router/session/media_listener.hpp"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <string_view>
#include <utility>

#include "base/lower_case.hpp"
#include "log/log.hpp"
#include "net/address.hpp"
#include "net/handshake_limit.hpp"
#include "net/listener.hpp"

namespace tidegate::router {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

std::string bind_error(std::string const& address, boost::system::error_code error) {
    return "listen tcp " + address + ": bind: " + base::lower_first(error.message());
}

std::string_view port_of(std::string_view address) {
    return address.substr(address.rfind(':') + 1);
}

void log_failure(std::string const& what) {
    log::write(log::Level::error, "listener.failed", what);
}

// A connection's place among the open ones, given back when its session has ended.
asio::awaitable<void> hold_place(asio::awaitable<void> session, std::shared_ptr<void>) {
    co_await std::move(session);
}

// Owns the acceptor for as long as it accepts.
asio::awaitable<void> keep_accepting(std::shared_ptr<tcp::acceptor> acceptor,
                                     std::function<void(tcp::socket)> on_socket,
                                     std::function<void(boost::system::error_code)> on_error) {
    co_await net::accept_loop(*acceptor, std::move(on_socket), std::move(on_error));
}

}  // namespace

MediaListener::MediaListener(std::string name, Security security,
                             std::span<std::unique_ptr<net::EventLoop> const> loops,
                             Session session, std::function<void()> close_sessions,
                             std::size_t most)
    : name_(std::move(name)),
      security_(security),
      loops_(loops),
      session_(std::move(session)),
      close_sessions_(std::move(close_sessions)),
      most_(most) {}

MediaListener::~MediaListener() = default;

std::expected<MediaListener::Acceptors, std::string> MediaListener::open(
    std::string const& address) const {
    auto endpoint = net::parse_listen_address(address);
    if (!endpoint) return std::unexpected(endpoint.error());
    // With SO_REUSEPORT a second server could bind the same port unnoticed, so ask without it
    // first.
    {
        auto const probe =
            net::open_acceptor(loops_[0]->io(), *endpoint, net::PortSharing::exclusive);
        if (!probe) return std::unexpected(bind_error(address, probe.error()));
    }
    Acceptors acceptors;
    for (auto const& loop : loops_) {
        auto acceptor = net::open_acceptor(loop->io(), *endpoint, net::PortSharing::shared);
        if (!acceptor) return std::unexpected(bind_error(address, acceptor.error()));
        endpoint->port(acceptor->local_endpoint().port());  // the others follow, for port 0
        acceptors.push_back(std::make_shared<tcp::acceptor>(std::move(*acceptor)));
    }
    return acceptors;
}

// A new port is opened before the old one is closed, so that a bad address costs nothing.
std::expected<void, std::string> MediaListener::start(std::string const& address) {
    auto acceptors = open(address);
    if (!acceptors) return std::unexpected(acceptors.error());
    close();
    acceptors_ = std::move(*acceptors);
    address_ = address;
    for (std::size_t i = 0; i < loops_.size(); ++i) {
        asio::post(loops_[i]->io(),
                   [this, i, acceptor = acceptors_[i]] { accept_on(*loops_[i], acceptor); });
    }
    log::write(log::Level::info, "listener.started",
               "[" + name_ + "] started with listener on " + address + " (TCP/" + name_ + ")");
    return {};
}

void MediaListener::follow(std::optional<std::string> const& address) {
    if (address_ == address) return;
    if (!address) return close();
    auto const before = address_;
    bool const same_port = before && port_of(*before) == port_of(*address);
    if (same_port) close();
    auto const started = start(*address);
    if (started) return;
    log_failure(started.error());
    if (!same_port) return;
    if (auto const restored = start(*before); !restored) log_failure(restored.error());
}

void MediaListener::close() {
    if (!address_) return;
    stop();
    close_sessions_();
}

unsigned short MediaListener::port() const {
    return acceptors_.front()->local_endpoint().port();
}

bool MediaListener::admits(tcp::socket const& socket) const {
    if (security_ == Security::clear) return true;
    boost::system::error_code gone;
    auto const peer = socket.remote_endpoint(gone).address();
    auto& limit = net::HandshakeLimit::of_program();
    auto const now = std::chrono::steady_clock::now();
    if (limit.admit(peer, now)) return true;
    if (auto const complaint = limit.complaint(now)) {
        log::write(log::Level::warn, "handshake.refused", "[" + name_ + "] " + *complaint);
    }
    return false;
}

void MediaListener::accept_on(net::EventLoop& home, std::shared_ptr<tcp::acceptor> acceptor) {
    auto on_socket = [this, &home](tcp::socket socket) {
        if (!admits(socket)) return;
        std::shared_ptr<void> place(nullptr, [open = open_](void*) { open->fetch_sub(1); });
        if (open_->fetch_add(1) >= most_) {
            log::write(
                log::Level::warn, "connection.refused",
                "[" + name_ + "] connection refused: " + std::to_string(most_) + " are open");
            return;
        }
        home.tasks().spawn(name_, hold_place(session_(std::move(socket), home), std::move(place)));
    };
    auto on_error = [this](boost::system::error_code error) {
        log::write(log::Level::error, "accept.failed",
                   "[" + name_ + "] accept: " + error.message() + ", trying again");
    };
    home.tasks().spawn(name_ + " accept", keep_accepting(std::move(acceptor), std::move(on_socket),
                                                         std::move(on_error)));
}

void MediaListener::stop() {
    if (acceptors_.empty()) return;
    log::write(log::Level::info, "listener.closing", "[" + name_ + "] closing");
    for (std::size_t i = 0; i < acceptors_.size(); ++i) {
        // The descriptor is closed by its own loop, which may be busy; the port is free for the
        // next server at once.
        ::shutdown(acceptors_[i]->native_handle(), SHUT_RDWR);
        asio::post(loops_[i]->io(), [acceptor = acceptors_[i]] {
            boost::system::error_code ignored;
            acceptor->close(ignored);
        });
    }
    acceptors_.clear();
    address_.reset();
}

}  // namespace tidegate::router
