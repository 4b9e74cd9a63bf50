// Listens for one protocol on every event loop and runs a session for each connection. Start and
// stop from one control thread; the sessions run on the loops.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/event_loop.hpp"

namespace tidegate::router {

// Connections of a protocol at once; a further one is closed on arrival. 10,000 readers of 2.5
// Mbit/s are 25 Gbit/s; the rest is head room for idle ones.
inline constexpr std::size_t kMaxConnections = 16'000;

class MediaServer {
public:
    using Session =
        std::function<boost::asio::awaitable<void>(boost::asio::ip::tcp::socket, net::EventLoop&)>;
    // name: "RTMP". most: connections at once, over all starts.
    MediaServer(std::string name, std::span<std::unique_ptr<net::EventLoop> const> loops,
                Session session, std::size_t most = kMaxConnections);
    ~MediaServer();

    // One per loop, shared with its accept loop.
    using Acceptors = std::vector<std::shared_ptr<boost::asio::ip::tcp::acceptor>>;
    // Listens, but accepts nothing yet; a server that runs goes on. The error is Go's:
    // "listen tcp :1935: bind: address already in use".
    std::expected<Acceptors, std::string> open(std::string const& address) const;
    // Logs "[RTMP] started with listener on :1935 (TCP/RTMP)". REQUIRES: stopped.
    void start(std::string const& address, Acceptors acceptors);
    // Logs "[RTMP] closing" and stops accepting; sessions go on.
    void stop();

private:
    void accept_on(net::EventLoop& home, std::shared_ptr<boost::asio::ip::tcp::acceptor> acceptor);

    std::string const name_;
    std::span<std::unique_ptr<net::EventLoop> const> loops_;
    Session const session_;
    std::size_t const most_;
    // Counted when they are accepted, not when their sessions begin: a whole backlog comes before.
    std::shared_ptr<std::atomic<std::size_t>> const open_ =
        std::make_shared<std::atomic<std::size_t>>(0);
    Acceptors acceptors_;
};

}  // namespace tidegate::router
