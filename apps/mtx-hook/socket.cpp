#include "socket.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace tidegate::hook {

namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;
using Deadline = Socket::Clock::time_point;

std::unexpected<Error> timed_out(std::string const& doing) {
    return std::unexpected(Error{Failure::timeout, doing + ": deadline exceeded"});
}

std::unexpected<Error> failed(Failure failure, std::string const& doing, char const* why) {
    return std::unexpected(Error{failure, doing + ": " + why});
}

int milliseconds_until(Deadline deadline) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Socket::Clock::now());
    return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

bool wait_until(Deadline deadline, int descriptor, short events) {
    pollfd waiting{descriptor, events, 0};
    return poll(&waiting, 1, milliseconds_until(deadline)) > 0;
}

#if defined(__has_feature) && __has_feature(thread_sanitizer)
// TSan's runtime does not see glibc start getaddrinfo_a's thread, and crashes in it.
std::expected<Addresses, Error> look_up(std::string const& host, std::string const& port,
                                        Deadline) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    auto const error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    if (error != 0) return failed(Failure::unreachable, "resolve " + host, gai_strerror(error));
    return Addresses(found, &freeaddrinfo);
}
#else
struct Lookup {
    std::string host, port;
    addrinfo hints{};
    gaicb request{};
};

// The resolver's own timeouts add up to far more than a hook may take, so it runs beside us
// (getaddrinfo_a), and at the deadline it is left behind together with what it still uses.
std::expected<Addresses, Error> look_up(std::string const& host, std::string const& port,
                                        Deadline deadline) {
    auto lookup = std::make_unique<Lookup>(host, port);
    lookup->hints.ai_socktype = SOCK_STREAM;
    lookup->request.ar_name = lookup->host.c_str();
    lookup->request.ar_service = lookup->port.c_str();
    lookup->request.ar_request = &lookup->hints;
    gaicb* list[] = {&lookup->request};
    getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr);
    auto const left = milliseconds_until(deadline);
    timespec const patience{left / 1000, left % 1000 * 1'000'000L};
    gai_suspend(list, 1, &patience);

    auto const error = gai_error(list[0]);
    if (error == 0) return Addresses(list[0]->ar_result, &freeaddrinfo);
    if (error != EAI_INPROGRESS)
        return failed(Failure::unreachable, "resolve " + host, gai_strerror(error));
    static_cast<void>(lookup.release());
    return timed_out("resolve " + host);
}
#endif

std::expected<Addresses, Error> resolve(std::string const& host, std::string const& port,
                                        Deadline deadline) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) == 0)
        return Addresses(found, &freeaddrinfo);
    return look_up(host, port, deadline);
}

// errno of the attempt, 0 when connected, ETIMEDOUT at the deadline.
int connect_to(addrinfo const& address, int descriptor, Deadline deadline) {
    if (::connect(descriptor, address.ai_addr, address.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!wait_until(deadline, descriptor, POLLOUT)) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

}  // namespace

std::expected<Socket, Error> Socket::connect(std::string const& host, std::string const& port,
                                             Deadline deadline) {
    auto addresses = resolve(host, port, deadline);
    if (!addresses) return std::unexpected(addresses.error());
    auto const doing = "connect " + host + " port " + port;
    int error = 0;
    for (auto const* next = addresses->get(); next != nullptr; next = next->ai_next) {
        Socket socket(::socket(next->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                      deadline);
        error = connect_to(*next, socket.descriptor_, deadline);
        if (error != 0) continue;
        // A handshake has several small messages: each would wait 40 ms for the one before it.
        int const at_once = 1;
        setsockopt(socket.descriptor_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
        return socket;
    }
    if (milliseconds_until(deadline) == 0) return timed_out(doing);
    return failed(Failure::unreachable, doing, std::strerror(error));
}

Socket::Socket(int descriptor, Deadline deadline) : descriptor_(descriptor), deadline_(deadline) {}

Socket::Socket(Socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), deadline_(other.deadline_) {}

Socket::~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
}

std::expected<void, Error> Socket::send(std::string_view bytes) {
    while (!bytes.empty()) {
        if (!wait_until(deadline_, descriptor_, POLLOUT)) return timed_out("send");
        auto const sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) return failed(Failure::protocol, "send", std::strerror(errno));
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

std::expected<std::size_t, Error> Socket::receive(std::span<char> into) {
    if (!wait_until(deadline_, descriptor_, POLLIN)) return timed_out("receive");
    auto const received = recv(descriptor_, into.data(), into.size(), 0);
    if (received < 0) return failed(Failure::protocol, "receive", std::strerror(errno));
    return static_cast<std::size_t>(received);
}

}  // namespace tidegate::hook
