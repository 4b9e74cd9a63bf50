#include "net/address.hpp"

#include <optional>

#include "base/number.hpp"

namespace tidegate::net {
namespace {

std::unexpected<std::string> refuse(std::string_view text, std::string_view why) {
    return std::unexpected("invalid address \"" + std::string(text) + "\": " + std::string(why));
}

// The host of "host:port", its brackets taken off; nullopt when they do not match.
std::optional<std::string> unbracket(std::string_view host) {
    bool const opens = host.starts_with('[');
    bool const closes = host.ends_with(']');
    if (opens != closes || (opens && host.size() < 3)) return std::nullopt;
    if (opens) return std::string(host.substr(1, host.size() - 2));
    if (host.find(':') != std::string_view::npos) return std::nullopt;  // IPv6 needs its brackets
    return std::string(host);
}

asio::ip::address unmapped(asio::ip::address const& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

std::expected<tcp::endpoint, std::string> parse_listen_address(std::string_view text) {
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos) return refuse(text, "missing port in address");
    auto const port = base::parse_number<unsigned short>(text.substr(colon + 1));
    if (!port) return refuse(text, "the port must be a number from 0 to 65535");
    auto const host = unbracket(text.substr(0, colon));
    if (!host) return refuse(text, "an IPv6 address must stand in brackets, as in [::1]:1935");
    if (host->empty()) return tcp::endpoint(asio::ip::address_v6::any(), *port);
    if (*host == "localhost") return tcp::endpoint(asio::ip::address_v4::loopback(), *port);
    boost::system::error_code error;
    auto const address = asio::ip::make_address(*host, error);
    if (error) return refuse(text, "the host must be empty or an IP address");
    return tcp::endpoint(address, *port);
}

std::string to_string(asio::ip::address const& address) {
    return unmapped(address).to_string();
}

std::string to_string(tcp::endpoint const& endpoint) {
    auto const address = unmapped(endpoint.address());
    auto const host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    return host + ":" + std::to_string(endpoint.port());
}

}  // namespace tidegate::net
