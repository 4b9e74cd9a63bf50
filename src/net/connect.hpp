// Connects to a server by its name, over TCP or TLS. The caller's event loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/link.hpp"
#include "net/tls_client.hpp"

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

// The same for a connection that is to speak TLS, if `trust` is not null. Whoever gets the link
// shakes hands: net::Connection does so by itself.
boost::asio::awaitable<std::expected<Link, std::string>> connect_link(
    std::string host, std::uint16_t port, std::chrono::milliseconds deadline,
    std::shared_ptr<TlsClientContext const> trust, AddressCheck check = {});

}  // namespace tidegate::net
