// Listens for one protocol on every event loop and runs a session for each connection. Start and
// stop from the control thread; the sessions run on the loops.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/event_loop.hpp"
#include "router/session/media_tls.hpp"

namespace tidegate::router {

// Connections of a protocol at once; a further one is closed on arrival. 10,000 readers of 2.5
// Mbit/s are 25 Gbit/s; the rest is head room for idle ones.
inline constexpr std::size_t kMaxConnections = 16'000;

class MediaListener {
public:
    using Session =
        std::function<boost::asio::awaitable<void>(boost::asio::ip::tcp::socket, net::EventLoop&)>;
    // name: "RTMP", as the log writes it. close_sessions: ends the sessions that are open, when
    // their address is given up. most: connections at once; those from before a change of the
    // address count as well.
    // Over TLS, connections beyond net/handshake_limit.hpp are closed on arrival, too.
    MediaListener(std::string name, Security security,
                  std::span<std::unique_ptr<net::EventLoop> const> loops, Session session,
                  std::function<void()> close_sessions, std::size_t most = kMaxConnections);
    ~MediaListener();

    // Listens there, and nowhere else from then on; logs "[RTMP] started with listener on :1935
    // (TCP/RTMP)". After an error everything is as before. The error is Go's sentence: "listen tcp
    // :1935: bind: address already in use".
    std::expected<void, std::string> start(std::string const& address);
    // The configuration has changed: listens at this address, or not at all. An address that cannot
    // be had is logged, and the old one stays.
    void follow(std::optional<std::string> const& address);
    // Logs "[RTMP] closing" and stops accepting; sessions go on.
    void stop();
    // REQUIRES: started. The port that the kernel chose where the address says 0.
    unsigned short port() const;

private:
    // One per loop, shared with its accept loop.
    using Acceptors = std::vector<std::shared_ptr<boost::asio::ip::tcp::acceptor>>;

    std::expected<Acceptors, std::string> open(std::string const& address) const;
    void accept_on(net::EventLoop& home, std::shared_ptr<boost::asio::ip::tcp::acceptor> acceptor);
    void close();
    bool admits(boost::asio::ip::tcp::socket const& socket) const;

    std::string const name_;
    Security const security_;
    std::span<std::unique_ptr<net::EventLoop> const> loops_;
    Session const session_;
    std::function<void()> const close_sessions_;
    std::size_t const most_;
    // Counted when they are accepted, not when their sessions begin: a whole backlog comes before.
    std::shared_ptr<std::atomic<std::size_t>> const open_ =
        std::make_shared<std::atomic<std::size_t>>(0);
    Acceptors acceptors_;
    std::optional<std::string> address_;  // while it listens
};

}  // namespace tidegate::router
