#include "load/peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>

namespace tidegate::bench {

namespace {

// A server that takes nothing for this much is not fast enough: the publisher gives up.
constexpr std::size_t kMaxPending = 16 * 1024 * 1024;
// Reads in a row from one connection, so that publishers stay in time.
constexpr int kReadsPerTurn = 4;

SSL* new_tls(int socket) {
    static SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    auto* const tls = SSL_new(context);
    if (tls == nullptr || SSL_set_fd(tls, socket) != 1) throw std::bad_alloc();
    SSL_set_connect_state(tls);
    return tls;
}

}  // namespace

Peer::Peer(int epoll, std::string const& host, std::uint16_t port, bool tls)
    : epoll_(epoll), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
    int const on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
        throw std::runtime_error("not an IPv4 address: " + host);
    }
    if (tls) tls_.reset(new_tls(socket_));
    epoll_event event{};
    event.events = wanted_ = EPOLLIN | EPOLLOUT;
    event.data.ptr = this;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event);
    auto const* const generic = reinterpret_cast<sockaddr const*>(&address);
    if (::connect(socket_, generic, sizeof address) != 0 && errno != EINPROGRESS) {
        fail(std::string("connect: ") + std::strerror(errno));
    }
}

Peer::~Peer() {
    if (socket_ >= 0) ::close(socket_);
}

void Peer::fail(std::string reason) {
    if (failed()) return;
    failure_ = std::move(reason);
    ::close(socket_);
    socket_ = -1;
}

void Peer::watch(std::uint32_t events) {
    if (events == wanted_ || socket_ < 0) return;
    wanted_ = events;
    epoll_event event{};
    event.events = events;
    event.data.ptr = this;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, socket_, &event);
}

void Peer::stop_reading() {
    deaf_ = true;
    watch(0);
}

void Peer::on_events(std::uint32_t events, base::Bytes& buffer) {
    if (failed() || deaf_) return;
    if (!connected_ && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) connected();
    if ((events & EPOLLOUT) != 0 && !failed() && !pending_.empty()) send_pending();
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !failed()) receive(buffer);
}

void Peer::connected() {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail(std::string("connect: ") + std::strerror(error));
    connected_ = true;
    watch(EPOLLIN);
    if (tls_) return shake_hands();
    on_connected();
}

void Peer::receive(base::Bytes& buffer) {
    if (tls_) return SSL_is_init_finished(tls_.get()) == 1 ? receive_tls(buffer) : shake_hands();
    for (int i = 0; i < kReadsPerTurn && !failed(); ++i) {
        auto const count = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (count == 0) return fail("closed by the server");
        if (count < 0) {
            if (errno == EAGAIN || errno == EINTR) return;
            return fail(std::string("recv: ") + std::strerror(errno));
        }
        auto const size = static_cast<std::size_t>(count);
        on_bytes(base::ByteView(buffer).first(size));
        if (size < buffer.size()) return;
    }
}

void Peer::send(base::ByteView bytes) {
    if (failed() || bytes.empty()) return;
    if (tls_) return send_tls(bytes);
    std::size_t sent = 0;
    if (pending_.empty()) {
        auto const count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            return fail(std::string("send: ") + std::strerror(errno));
        }
        if (count > 0) sent = static_cast<std::size_t>(count);
    }
    if (sent == bytes.size()) return;
    if (pending_.size() > kMaxPending) return fail("the server does not read");
    auto const rest = bytes.subspan(sent);
    pending_.insert(pending_.end(), rest.begin(), rest.end());
    watch(EPOLLIN | EPOLLOUT);
}

void Peer::TlsDelete::operator()(SSL* tls) const {
    SSL_free(tls);
}

void Peer::shake_hands() {
    auto const result = SSL_do_handshake(tls_.get());
    if (result == 1) return on_connected();
    if (SSL_get_error(tls_.get(), result) != SSL_ERROR_WANT_READ) fail("the TLS handshake failed");
}

void Peer::receive_tls(base::Bytes& buffer) {
    for (;;) {
        std::size_t count = 0;
        auto const result = SSL_read_ex(tls_.get(), buffer.data(), buffer.size(), &count);
        if (result != 1) {
            if (SSL_get_error(tls_.get(), result) != SSL_ERROR_WANT_READ) fail("the TLS ended");
            return;
        }
        on_bytes(base::ByteView(buffer).first(count));
        if (failed()) return;
    }
}

// A reader says little, which a socket always has room for.
void Peer::send_tls(base::ByteView bytes) {
    std::size_t sent = 0;
    if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent) != 1) fail("send over TLS");
}

void Peer::acknowledge_at_once() {
    int const on = 1;
    if (socket_ >= 0) setsockopt(socket_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

void Peer::send_pending() {
    auto const count = ::send(socket_, pending_.data(), pending_.size(), MSG_NOSIGNAL);
    if (count < 0) {
        if (errno != EAGAIN && errno != EINTR) fail(std::string("send: ") + std::strerror(errno));
        return;
    }
    pending_.erase(pending_.begin(), pending_.begin() + count);
    if (pending_.empty()) watch(EPOLLIN);
}

}  // namespace tidegate::bench
