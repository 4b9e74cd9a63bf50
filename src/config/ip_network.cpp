#include "config/ip_network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace tidegate::config {
namespace {

struct Address {
    std::array<std::uint8_t, 16> bytes{};
    std::size_t size = 4;
};

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::optional<Address> parse_address(std::string_view text) {
    std::string const terminated(text);
    if (terminated.size() != text.size() || terminated.find('\0') != std::string::npos) return {};
    Address address;
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) != 1) return {};
    address.size = 16;
    if (!std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) return address;
    std::copy_n(address.bytes.begin() + 12, 4, address.bytes.begin());
    std::fill(address.bytes.begin() + 4, address.bytes.end(), std::uint8_t{0});
    address.size = 4;
    return address;
}

std::uint8_t mask_of(unsigned prefix, std::size_t byte) {
    auto const bits = static_cast<unsigned>(byte) * 8;
    if (prefix >= bits + 8) return 0xff;
    if (prefix <= bits) return 0;
    return static_cast<std::uint8_t>(0xff << (8 - (prefix - bits)));
}

}  // namespace

std::expected<IpNetwork, std::string> IpNetwork::parse(std::string_view text) {
    auto const fail = [&] {
        return std::unexpected("unable to parse IP/CIDR '" + std::string(text) + "'");
    };
    auto const slash = text.find('/');
    auto const address = parse_address(text.substr(0, slash));
    if (!address) return fail();
    IpNetwork network;
    network.size_ = address->size;
    network.prefix_ = static_cast<unsigned>(address->size * 8);
    if (slash != std::string_view::npos) {
        auto const digits = text.substr(slash + 1);
        unsigned prefix = 0;
        auto const [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
        bool const whole = error == std::errc{} && end == digits.data() + digits.size();
        if (!whole || digits.size() > 3) return fail();
        // "::ffff:10.0.0.0/104" counts from the start of the IPv6 form.
        bool const mapped = address->size == 4 && text.substr(0, slash).contains(':');
        if (mapped && prefix < 96) return fail();
        if (mapped) prefix -= 96;
        if (prefix > network.prefix_) return fail();
        network.prefix_ = prefix;
    }
    for (std::size_t i = 0; i < network.size_; ++i) {
        network.bytes_[i] = address->bytes[i] & mask_of(network.prefix_, i);
    }
    return network;
}

bool IpNetwork::contains(std::string_view text) const {
    auto const address = parse_address(text);
    if (!address || address->size != size_) return false;
    for (std::size_t i = 0; i < size_; ++i) {
        if ((address->bytes[i] & mask_of(prefix_, i)) != bytes_[i]) return false;
    }
    return true;
}

std::string IpNetwork::to_string() const {
    char buffer[INET6_ADDRSTRLEN];
    inet_ntop(size_ == 4 ? AF_INET : AF_INET6, bytes_.data(), buffer, sizeof buffer);
    return std::string(buffer) + "/" + std::to_string(prefix_);
}

}  // namespace tidegate::config
