// IP networks as configurations have them: "10.0.0.0/8", "::1", "192.168.1.7". Plain values; any
// thread.
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

    // address: without a port. ::ffff:1.2.3.4 counts as 1.2.3.4. False if the text is no address.
    bool contains(std::string_view address) const;
    // With the length of the prefix, and with the bits behind it cleared: "10.0.0.0/8", "::1/128".
    std::string to_string() const;

private:
    std::array<std::uint8_t, 16> bytes_{};
    std::size_t size_ = 4;  // bytes of an address: 4 or 16
    unsigned prefix_ = 0;   // bits
};

}  // namespace tidegate::config
