// A TCP connection, and the TLS above it if there is any. Movable; its event loop only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <utility>

#include "net/tls.hpp"

namespace tidegate::net {

struct Link {
    // A socket alone is a connection in clear.
    Link(boost::asio::ip::tcp::socket tcp_socket, TlsPtr tls_state = {})
        : socket(std::move(tcp_socket)), tls(std::move(tls_state)) {}

    boost::asio::ip::tcp::socket socket;
    TlsPtr tls;  // before or after its handshake; null: in clear
};

}  // namespace tidegate::net
