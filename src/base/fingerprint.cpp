#include "base/fingerprint.hpp"

#include <string>

#include "base/number.hpp"

namespace tidegate::base {

namespace {

constexpr std::size_t kFingerprintBytes = 32;

}  // namespace

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes out;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        auto const byte = parse_number<std::uint8_t>(text.substr(i, 2), 16);
        if (!byte) return std::nullopt;
        out.push_back(*byte);
    }
    return out;
}

std::optional<Bytes> parse_fingerprint(std::string_view text) {
    std::string digits(text);
    std::erase(digits, ':');
    auto bytes = from_hex(digits);
    if (!bytes || bytes->size() != kFingerprintBytes) return std::nullopt;
    return bytes;
}

}  // namespace tidegate::base
