// Public keys, and the signatures of JSON Web Algorithms (RFC 7518 §3, RFC 8037) that are made with
// them, by OpenSSL. There are no secret keys here, and no HMAC: what verifies cannot forge. Any
// thread.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace tidegate::base {

enum class SignatureAlgorithm : std::uint8_t {
    rs256,
    rs384,
    rs512,  // RSASSA-PKCS1-v1_5
    ps256,
    ps384,
    ps512,  // RSASSA-PSS, whose salt is as long as the digest
    es256,
    es384,
    es512,  // ECDSA on the curve of this size
    eddsa,  // Ed25519
};

// "RS256" and so on. nullopt for everything else, "none" and "HS256" among it.
std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name);

enum class Curve : std::uint8_t { p256, p384, p521 };

// Shorter keys can be broken; with a longer one a signature takes milliseconds to verify.
inline constexpr std::size_t kMinRsaBits = 2048;
inline constexpr std::size_t kMaxRsaBits = 8192;

class PublicKey {
public:
    // Numbers are big-endian. The error says what is wrong with them.
    static std::expected<PublicKey, std::string> rsa(ByteView modulus, ByteView exponent);
    static std::expected<PublicKey, std::string> ec(Curve curve, ByteView x, ByteView y);
    static std::expected<PublicKey, std::string> ed25519(ByteView point);

    // Whether the key can belong to this algorithm: RSA for RS and PS, P-256 for ES256 only.
    bool fits(SignatureAlgorithm algorithm) const;
    // Whether the signature, as RFC 7518 writes it, is that of the message. False if the key does
    // not fit.
    bool verify(SignatureAlgorithm algorithm, ByteView message, ByteView signature) const;

private:
    struct Key;
    explicit PublicKey(std::shared_ptr<Key const> key) : key_(std::move(key)) {}

    std::shared_ptr<Key const> key_;
};

}  // namespace tidegate::base
