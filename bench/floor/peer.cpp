#include "floor/peer.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

namespace tidegate::bench {

namespace {

// As much as the router lets one reader have.
constexpr std::size_t kMaxPending = 16 * 1024 * 1024;

void watch(FloorPeer& peer, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &peer;
    epoll_ctl(peer.epoll, EPOLL_CTL_MOD, peer.socket, &event);
}

std::size_t send_now(FloorPeer& peer, base::ByteView bytes) {
    auto const sent = ::send(peer.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno != EAGAIN && errno != EINTR) peer.gone = true;
    return 0;
}

}  // namespace

void write_to(FloorPeer& peer, base::ByteView bytes) {
    if (peer.gone) return;
    bool const blocked = !peer.pending.empty();
    auto const sent = blocked ? 0 : send_now(peer, bytes);
    if (sent == bytes.size()) return;
    if (peer.pending.size() > kMaxPending) peer.gone = true;
    auto const rest = bytes.subspan(sent);
    peer.pending.insert(peer.pending.end(), rest.begin(), rest.end());
    if (!blocked) watch(peer, EPOLLIN | EPOLLOUT);
}

void write_pending(FloorPeer& peer) {
    auto const sent = send_now(peer, peer.pending);
    peer.pending.erase(peer.pending.begin(),
                       peer.pending.begin() + static_cast<std::ptrdiff_t>(sent));
    if (peer.pending.empty()) watch(peer, EPOLLIN);
}

}  // namespace tidegate::bench
