#include "base/crypto/signature.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

#include "base/bytes.hpp"
#include "base/crypto/digest.hpp"
#include "base/number.hpp"

namespace tidegate::base {

namespace {

constexpr std::string_view kTime = "t=", kVersion = ",v1=";

// The time and the target have no line break, so no two messages have the same text.
std::string hex_mac(std::string_view secret, std::string_view target, std::string_view body,
                    std::string_view time) {
    std::string text(time);
    text.append("\n").append(target).append("\n").append(body);
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
             as_bytes(text).data(), text.size(), mac.data(), &size) == nullptr) {
        throw std::runtime_error("OpenSSL does not offer HMAC-SHA256");
    }
    return to_hex(ByteView(mac).first(size));
}

}  // namespace

std::string sign(std::string_view secret, std::string_view target, std::string_view body,
                 std::int64_t now) {
    auto const time = std::to_string(now);
    return std::string(kTime) + time + std::string(kVersion) + hex_mac(secret, target, body, time);
}

std::optional<std::string> signature_problem(std::string_view header, std::string_view secret,
                                             std::string_view target, std::string_view body,
                                             std::int64_t now) {
    if (header.empty()) return "the signature is missing";
    auto const split = header.find(kVersion);
    if (!header.starts_with(kTime) || split == header.npos) {
        return "the signature is not t=SECONDS,v1=DIGITS";
    }
    auto const time = header.substr(kTime.size(), split - kTime.size());
    auto const given = header.substr(split + kVersion.size());
    auto const signed_at = parse_number<std::int64_t>(time);
    if (!signed_at || *signed_at < 0) return "the time of the signature is not a number";
    auto const wanted = hex_mac(secret, target, body, time);
    if (given.size() != wanted.size() ||
        CRYPTO_memcmp(given.data(), wanted.data(), wanted.size()) != 0) {
        return "the signature is wrong";
    }
    if (*signed_at > now + kSignatureSeconds || *signed_at < now - kSignatureSeconds) {
        return "the signature is " + std::to_string(now - *signed_at) + " s old";
    }
    return std::nullopt;
}

}  // namespace tidegate::base
