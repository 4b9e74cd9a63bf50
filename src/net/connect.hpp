// Dials a TCP server by name, for clients on their event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

namespace tidegate::net {

// Every address of the name is tried within the deadline; TCP_NODELAY is set. The error is a
// sentence: "connect 127.0.0.1:1935: Connection refused".
boost::asio::awaitable<std::expected<boost::asio::ip::tcp::socket, std::string>> connect(
    std::string host, std::uint16_t port, std::chrono::milliseconds deadline);

}  // namespace tidegate::net
