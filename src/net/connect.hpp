// Connects to a TCP server by its name. The caller's event loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>

namespace tidegate::net {

// Why an address must not be connected to, a part of a sentence: "it is a loopback address".
// nullopt: it may be.
using AddressCheck =
    std::function<std::optional<std::string>(boost::asio::ip::tcp::endpoint const&)>;

// Looks up the name and tries its addresses, one after the other, until the deadline for it all.
// Only addresses that `check` allows are tried (empty: all): what was checked is what is connected
// to, whatever the name means a moment later. The socket has TCP_NODELAY. The error: "connect
// 127.0.0.1:1935: Connection refused".
boost::asio::awaitable<std::expected<boost::asio::ip::tcp::socket, std::string>> connect(
    std::string host, std::uint16_t port, std::chrono::milliseconds deadline,
    AddressCheck check = {});

}  // namespace tidegate::net
