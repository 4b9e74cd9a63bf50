#include "forwarder/address_rules.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "net/address.hpp"

namespace tidegate::forwarder {

namespace asio = boost::asio;

namespace {

using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;

struct Kind {
    std::string_view network;
    char const* words;
    bool is_private;  // allow_private allows it
};

// The first that contains an address counts.
constexpr std::array kKinds{
    Kind{"0.0.0.0/8", "it means this machine", false},
    Kind{"127.0.0.0/8", "it is a loopback address", true},
    Kind{"169.254.0.0/16", "it is a link-local address", false},
    Kind{"10.0.0.0/8", "it is in a private network", true},
    Kind{"172.16.0.0/12", "it is in a private network", true},
    Kind{"192.168.0.0/16", "it is in a private network", true},
    Kind{"100.64.0.0/10", "it is in a private network", true},
    Kind{"224.0.0.0/4", "it is a multicast address", false},
    Kind{"240.0.0.0/4", "it is a reserved address", false},
    Kind{"::/128", "it means this machine", false},
    Kind{"::1/128", "it is a loopback address", true},
    Kind{"fe80::/10", "it is a link-local address", false},
    Kind{"fec0::/10", "it is a link-local address", false},
    Kind{"fc00::/7", "it is in a private network", true},
    Kind{"ff00::/8", "it is a multicast address", false},
};

std::vector<config::IpNetwork> const& networks() {
    static auto const kNetworks = [] {
        std::vector<config::IpNetwork> all;
        for (auto const& kind : kKinds) all.push_back(*config::IpNetwork::parse(kind.network));
        return all;
    }();
    return kNetworks;
}

Kind const* kind_of(std::string const& text) {
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
        if (networks()[i].contains(text)) return &kKinds[i];
    }
    return nullptr;
}

// IPv6 addresses that stand for an IPv4 address: mapped (::ffff:a.b.c.d), compatible (::a.b.c.d),
// NAT64 (64:ff9b::/96) and 6to4 (2002::/16).
address without_wrapping(address const& given) {
    if (given.is_v4()) return given;
    auto const bytes = given.to_v6().to_bytes();
    auto const v4_at = [&](std::size_t at) {
        return address(address_v4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]}));
    };
    auto const begins_with = [&](std::array<std::uint8_t, 12> const& head) {
        return std::equal(head.begin(), head.end(), bytes.begin());
    };
    if (bytes[0] == 0x20 && bytes[1] == 0x02) return v4_at(2);
    if (begins_with({0, 0x64, 0xff, 0x9b})) return v4_at(12);
    if (begins_with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return v4_at(12);
    bool const is_compatible = begins_with({}) && (bytes[12] != 0 || bytes[13] != 0);
    return is_compatible ? v4_at(12) : given;
}

bool is_address_of(sockaddr const* one, address const& given) {
    if (one == nullptr) return false;
    if (one->sa_family == AF_INET && given.is_v4()) {
        sockaddr_in v4{};
        std::memcpy(&v4, one, sizeof v4);
        return given.to_v4().to_uint() == ntohl(v4.sin_addr.s_addr);
    }
    if (one->sa_family == AF_INET6 && given.is_v6()) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, one, sizeof v6);
        return std::memcmp(given.to_v6().to_bytes().data(), &v6.sin6_addr, 16) == 0;
    }
    return false;
}

bool is_of_this_machine(address const& given) {
    if (given.is_loopback()) return true;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return false;
    bool found = false;
    for (auto const* one = first; one != nullptr && !found; one = one->ifa_next) {
        found = is_address_of(one->ifa_addr, given);
    }
    ::freeifaddrs(first);
    return found;
}

}  // namespace

std::optional<std::string> AddressRules::refusal(asio::ip::tcp::endpoint const& endpoint) const {
    auto const address = without_wrapping(endpoint.address());
    auto const text = net::to_string(address);
    auto const contains = [&](config::IpNetwork const& one) { return one.contains(text); };
    if (std::ranges::any_of(allowed, contains)) return std::nullopt;
    auto const* const kind = kind_of(text);
    if (kind != nullptr && !(kind->is_private && allow_private)) return kind->words;
    if (!is_of_this_machine(address)) return std::nullopt;
    if (!allow_private) return "it is an address of this machine";
    if (std::ranges::find(own_ports, endpoint.port()) != own_ports.end()) {
        return "port " + std::to_string(endpoint.port()) + " is one of our own";
    }
    return std::nullopt;
}

}  // namespace tidegate::forwarder
