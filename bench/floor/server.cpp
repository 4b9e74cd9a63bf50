#include "floor/server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "floor/protocol.hpp"

namespace tidegate::bench {

namespace {

namespace protocol = floor_protocol;

constexpr std::size_t kReadBuffer = 256 * 1024;
constexpr int kEventsPerTurn = 256;
constexpr int kBacklog = 1024;
constexpr std::int64_t kBuryEvery = 100'000'000;  // nanoseconds

std::int64_t now_ns() {
    timespec at{};
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1'000'000'000 + at.tv_nsec;
}

int listen_on(std::uint16_t port) {
    int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int const on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
        listen(listener, kBacklog) != 0) {
        throw std::runtime_error(std::string("listen: ") + std::strerror(errno));
    }
    return listener;
}

}  // namespace

FloorServer::FloorServer(std::uint16_t port, FloorMode mode, std::int64_t window_ns)
    : mode_(mode),
      window_ns_(window_ns),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      listener_(listen_on(port)),
      buffer_(kReadBuffer) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
}

void FloorServer::run() {
    std::array<epoll_event, kEventsPerTurn> events;
    for (;;) {
        auto const count = epoll_wait(epoll_, events.data(), kEventsPerTurn, wait_ms());
        for (int i = 0; i < count; ++i) {
            auto const& event = events[static_cast<std::size_t>(i)];
            if (event.data.ptr == nullptr) {
                accept_all();
            } else {
                on_events(*static_cast<FloorPeer*>(event.data.ptr), event.events);
            }
        }
        flush_due();
        bury();
    }
}

void FloorServer::accept_all() {
    for (;;) {
        int const socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) return;
        int const on = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto& peer = *peers_.emplace_back(std::make_unique<FloorPeer>());
        peer.socket = socket;
        peer.epoll = epoll_;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &peer;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
    }
}

void FloorServer::on_events(FloorPeer& peer, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0 && !peer.pending.empty()) write_pending(peer);
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) receive(peer);
}

void FloorServer::receive(FloorPeer& peer) {
    auto const count = ::recv(peer.socket, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (count <= 0) {
        if (count == 0 || (errno != EAGAIN && errno != EINTR)) peer.gone = true;
        return;
    }
    peer.received.insert(peer.received.end(), buffer_.begin(), buffer_.begin() + count);
    if (!peer.hello_done && !hello(peer)) return;
    if (peer.publishes != nullptr) take_frames(peer);
}

bool FloorServer::hello(FloorPeer& peer) {
    auto const text = base::as_text(peer.received);
    auto const end = text.find('\n');
    if (end == std::string_view::npos || end < 2) return false;
    auto& stream = streams_[std::string(text.substr(2, end - 2))];
    if (text[0] == protocol::kPublish) {
        peer.publishes = &stream;
    } else {
        peer.reads = &stream;
        stream.readers.push_back(&peer);
    }
    peer.hello_done = true;
    peer.received.erase(peer.received.begin(),
                        peer.received.begin() + static_cast<std::ptrdiff_t>(end + 1));
    return true;
}

void FloorServer::take_frames(FloorPeer& peer) {
    base::ByteView rest = peer.received;
    while (rest.size() >= protocol::kFrameHeader) {
        auto const size = static_cast<std::size_t>(base::ByteReader(rest).u32());
        if (rest.size() < protocol::kFrameHeader + size) break;
        auto const frame = rest.subspan(protocol::kFrameHeader, size);
        peer.publishes->take(frame, rest[4] == protocol::kVideo, mode_, window_ns_, now_ns());
        rest = rest.subspan(protocol::kFrameHeader + size);
    }
    peer.received.erase(peer.received.begin(),
                        peer.received.end() - static_cast<std::ptrdiff_t>(rest.size()));
}

int FloorServer::wait_ms() const {
    if (!flushes_later()) return -1;
    std::int64_t next = 0;
    for (auto const& [name, stream] : streams_) {
        if (stream.flush_at_ns != 0 && (next == 0 || stream.flush_at_ns < next)) {
            next = stream.flush_at_ns;
        }
    }
    if (next == 0) return -1;
    return static_cast<int>(std::clamp<std::int64_t>((next - now_ns()) / 1'000'000 + 1, 0, 1000));
}

bool FloorServer::flushes_later() const {
    return mode_ == FloorMode::ride || mode_ == FloorMode::merge;
}

void FloorServer::flush_due() {
    if (!flushes_later()) return;
    auto const now = now_ns();
    for (auto& [name, stream] : streams_) {
        if (stream.flush_at_ns != 0 && stream.flush_at_ns <= now) stream.flush();
    }
}

// Looks at every peer, so not at every turn; one that is gone keeps waking the loop until then.
void FloorServer::bury() {
    auto const now = now_ns();
    if (now < bury_at_ns_) return;
    bury_at_ns_ = now + kBuryEvery;
    auto const gone = [](auto const& peer) { return peer->gone; };
    if (std::ranges::none_of(peers_, gone)) return;
    for (auto const& peer : peers_) {
        if (!peer->gone) continue;
        if (peer->reads != nullptr) std::erase(peer->reads->readers, peer.get());
        ::close(peer->socket);
    }
    std::erase_if(peers_, gone);
}

}  // namespace tidegate::bench
