// Listen addresses as MediaMTX writes them, and endpoints as people read them. Any thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::net {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

// Reads ":1935" (all interfaces, IPv6 and IPv4 on one socket), "0.0.0.0:1935" (IPv4 only),
// "127.0.0.1:0", "[::1]:1935" or "localhost:1935". The error is a sentence that quotes the text.
std::expected<tcp::endpoint, std::string> parse_listen_address(std::string_view text);

// "10.0.0.5:4000", "[::1]:4000". An IPv4 peer of a dual-stack socket is written as plain IPv4.
std::string to_string(tcp::endpoint const& endpoint);
// The same without port and brackets: "10.0.0.5", "::1".
std::string to_string(asio::ip::address const& address);

}  // namespace tidegate::net
