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
#include <utility>

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

// The connection that was next has gone, or a signal came: the next one may be taken at once.
bool of_one_connection(int error) {
    return error == ECONNABORTED || error == EINTR;
}

// False once it was shut down or closed on purpose, after which it never accepts again.
bool listens(tcp::acceptor& acceptor) {
    int listening = 0;
    socklen_t size = sizeof listening;
    return acceptor.is_open() &&
           ::getsockopt(acceptor.native_handle(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) ==
               0 &&
           listening != 0;
}

// Tells of an error that lasts as often as somebody may want to read it.
class Complaints {
public:
    explicit Complaints(std::function<void(error_code)> tell) : tell_(std::move(tell)) {}

    void operator()(error_code error) {
        auto const now = std::chrono::steady_clock::now();
        if (!tell_ || (error == last_ && now - told_ < kAcceptComplaintPeriod)) return;
        last_ = error;
        told_ = now;
        tell_(error);
    }

private:
    std::function<void(error_code)> tell_;
    error_code last_;
    std::chrono::steady_clock::time_point told_{};
};

// Takes every connection that waits; the result is why it stopped.
int accept_waiting(tcp::acceptor& acceptor, tcp const protocol,
                   std::function<void(tcp::socket)> const& on_socket) {
    while (acceptor.is_open()) {
        int const fd =
            ::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && of_one_connection(errno)) continue;
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
    Complaints complain(std::move(on_error));
    while (acceptor.is_open()) {
        auto const [waited] = co_await acceptor.async_wait(tcp::acceptor::wait_read, kAsTuple);
        if (waited == asio::error::operation_aborted) co_return;
        int const reason = waited ? waited.value() : accept_waiting(acceptor, protocol, on_socket);
        if (reason == EAGAIN || reason == EWOULDBLOCK) continue;
        if (!listens(acceptor)) co_return;
        // Whatever it is (accept(2) has a dozen, the network's and the firewall's among them), it
        // may pass.
        complain(error_code(reason, boost::system::system_category()));
        pause.expires_after(kAcceptPause);
        auto const [paused] = co_await pause.async_wait(kAsTuple);
        if (paused) co_return;
    }
}

}  // namespace tidegate::net
