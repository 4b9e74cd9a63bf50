// IP networks as configurations write them: "10.0.0.0/8", "::1", "192.168.1.7". Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tidegate::config {

class IpNetwork {
public:
    // The error: "unable to parse IP/CIDR '<text>'".
    static std::expected<IpNetwork, std::string> parse(std::string_view text);

    // An address as text, without port; IPv4 written as IPv6 (::ffff:1.2.3.4) is the IPv4 address.
    // A text that is no address is in no network.
    bool contains(std::string_view address) const;
    // With the prefix length, host bits cleared: "10.0.0.0/8", "::1/128".
    std::string to_string() const;

private:
    std::array<std::uint8_t, 16> bytes_{};
    std::size_t size_ = 4;  // 4 or 16
    unsigned prefix_ = 0;
};

}  // namespace tidegate::config
