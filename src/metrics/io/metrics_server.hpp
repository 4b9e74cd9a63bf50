// Serves what a program counts on a port of its own: GET /metrics, and what the program adds. The
// event loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "http/server.hpp"

namespace tidegate::metrics {

class MetricsServer {
public:
    // address: see net::parse_listen_address. text: makes the page when somebody asks.
    MetricsServer(boost::asio::io_context& io, std::string const& address,
                  std::function<std::string()> text);

    // See http::Server::route(). Before start().
    void route(std::string_view method, std::string_view pattern, http::WaitingHandler handler) {
        server_.route(method, pattern, std::move(handler));
    }
    // The error is a sentence: "listen tcp :9101: bind: address already in use".
    std::expected<void, std::string> start() { return server_.start(); }
    unsigned short port() const { return server_.port(); }
    boost::asio::awaitable<void> stop();

private:
    http::Server server_;
};

}  // namespace tidegate::metrics
