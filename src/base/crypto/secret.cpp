#include "base/crypto/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace tidegate::base {

Bytes sha256(ByteView bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr) != 1) {
        return {};
    }
    return {out.begin(), out.begin() + size};
}

Bytes hmac_sha256(ByteView key, ByteView message) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    auto const* const made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                  message.data(), message.size(), out.data(), &size);
    if (made == nullptr) return {};
    return {out.begin(), out.begin() + size};
}

bool equal_secrets(ByteView a, ByteView b) {
    return !a.empty() && a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tidegate::base
