// Connects to a TCP server by its name. The caller's event loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

namespace tidegate::net {

// Looks up the name and tries its addresses, one after the other, until the deadline for it all.
// The socket has TCP_NODELAY. The error: "connect 127.0.0.1:1935: Connection refused".
boost::asio::awaitable<std::expected<boost::asio::ip::tcp::socket, std::string>> connect(
    std::string host, std::uint16_t port, std::chrono::milliseconds deadline);

}  // namespace tidegate::net
