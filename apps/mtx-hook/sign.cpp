#include "sign.hpp"

#include <mbedtls/md.h>

#include <array>

namespace tidegate::hook {

namespace {

unsigned char const* bytes(std::string_view text) {
    return reinterpret_cast<unsigned char const*>(text.data());
}

}  // namespace

std::string signature(std::string_view secret, std::int64_t seconds, std::string_view path,
                      std::string_view body) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    auto const time = std::to_string(seconds);
    auto const message = time + "." + std::string(path) + "." + std::string(body);
    std::array<unsigned char, 32> mac{};
    if (mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes(secret), secret.size(),
                        bytes(message), message.size(), mac.data()) != 0) {
        return {};
    }
    auto text = "t=" + time + ",sha256=";
    for (auto const byte : mac) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

}  // namespace tidegate::hook
