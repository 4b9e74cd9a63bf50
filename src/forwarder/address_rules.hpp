// Which addresses a destination may have. A destination may come from the API of media-service, and
// must not lead into the network behind it: to the metadata service of a cloud, to the router's own
// ports, to a device beside it. A name is looked up once, the addresses are checked, and what was
// checked is connected to (net/connect.hpp). Any thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/ip_network.hpp"

namespace tidegate::forwarder {

struct AddressRules {
    // Private networks (RFC 1918, RFC 4193, RFC 6598), loopback, and what else is an address of
    // this machine may be connected to.
    bool allow_private = false;
    // These may be connected to, whatever they are.
    std::vector<config::IpNetwork> allowed = {};
    // The ports of our own router and service. On this machine they are refused even with
    // allow_private: a stream that is pushed into its own router goes round in circles.
    std::vector<std::uint16_t> own_ports = {};

    // Why the address is refused, a part of a sentence; nullopt: it may be connected to.
    std::optional<std::string> refusal(boost::asio::ip::tcp::endpoint const& endpoint) const;
};

}  // namespace tidegate::forwarder
