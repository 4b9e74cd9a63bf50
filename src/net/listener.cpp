#include "net/listener.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

namespace tidegate::net {
namespace {

using boost::system::error_code;

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

void set_options(tcp::acceptor& acceptor, tcp::endpoint const& endpoint, PortSharing sharing,
                 error_code& error) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && sharing == PortSharing::shared) acceptor.set_option(ReusePort(true), error);
    if (!error && endpoint.address().is_v6()) {
        acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
    }
}

std::expected<tcp::acceptor, error_code> open_one(asio::io_context& io,
                                                  tcp::endpoint const& endpoint,
                                                  PortSharing sharing) {
    // Asio's own open() lets a program that another thread starts at this moment inherit the port.
    int const fd = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) return std::unexpected(error_code(errno, boost::system::system_category()));
    tcp::acceptor acceptor(io);
    error_code error;
    acceptor.assign(endpoint.protocol(), fd, error);
    if (error) {
        ::close(fd);
        return std::unexpected(error);
    }
    set_options(acceptor, endpoint, sharing, error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (!error) acceptor.non_blocking(true, error);
    if (error) return std::unexpected(error);
    return acceptor;
}

bool no_ipv6(error_code const& error) {
    return error == asio::error::address_family_not_supported ||
           error == boost::system::errc::address_not_available;
}

// Errors of accept(2) that say nothing about the next connection.
bool transient(int error) {
    return error == ECONNABORTED || error == EINTR || error == EPROTO || error == ENETDOWN ||
           error == EHOSTUNREACH || error == ENETUNREACH || error == EPERM;
}

bool exhausted(int error) {
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

// Takes every connection that waits; the result is why it stopped.
int accept_waiting(tcp::acceptor& acceptor, tcp const protocol,
                   std::function<void(tcp::socket)> const& on_socket) {
    while (acceptor.is_open()) {
        int const fd =
            ::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && transient(errno)) continue;
        if (fd < 0) return errno;
        tcp::socket socket(acceptor.get_executor());
        error_code error;
        socket.assign(protocol, fd, error);
        if (error) {
            ::close(fd);
            return ENOMEM;  // epoll refused it: no memory, or no more watches
        }
        socket.set_option(tcp::no_delay(true), error);
        on_socket(std::move(socket));
    }
    return EBADF;
}

}  // namespace

std::expected<tcp::acceptor, error_code> open_acceptor(asio::io_context& io,
                                                       tcp::endpoint const& endpoint,
                                                       PortSharing sharing) {
    auto opened = open_one(io, endpoint, sharing);
    bool const wildcard = endpoint.address().is_v6() && endpoint.address().is_unspecified();
    if (opened || !wildcard || !no_ipv6(opened.error())) return opened;
    return open_one(io, tcp::endpoint(asio::ip::address_v4::any(), endpoint.port()), sharing);
}

asio::awaitable<void> accept_loop(tcp::acceptor& acceptor,
                                  std::function<void(tcp::socket)> on_socket,
                                  std::function<void(error_code)> on_error) {
    constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
    error_code error;
    auto const protocol = acceptor.local_endpoint(error).protocol();
    asio::steady_timer pause(acceptor.get_executor());
    while (acceptor.is_open()) {
        auto const [waited] = co_await acceptor.async_wait(tcp::acceptor::wait_read, kAsTuple);
        if (waited || !acceptor.is_open()) co_return;
        int const reason = accept_waiting(acceptor, protocol, on_socket);
        if (reason == EAGAIN || reason == EWOULDBLOCK) continue;
        if (!exhausted(reason)) co_return;
        if (on_error) on_error(error_code(reason, boost::system::system_category()));
        pause.expires_after(kAcceptPause);
        auto const [paused] = co_await pause.async_wait(kAsTuple);
        if (paused) co_return;
    }
}

}  // namespace tidegate::net
