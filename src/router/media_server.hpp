// Listens for one protocol on every event loop and runs a session for each connection. Start and
// stop from one control thread; the sessions run on the loops.
#pragma once

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

class MediaServer {
public:
    using Session =
        std::function<boost::asio::awaitable<void>(boost::asio::ip::tcp::socket, net::EventLoop&)>;
    // name: "RTMP". count: open connections now, held below kMaxConnections.
    MediaServer(std::string name, std::span<std::unique_ptr<net::EventLoop> const> loops,
                Session session, std::function<std::size_t()> count);
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
    std::function<std::size_t()> const count_;
    Acceptors acceptors_;
};

}  // namespace tidegate::router
