// The fingerprint of a certificate, as MediaMTX's destFingerprint and sourceFingerprint have it:
// the SHA-256 of its DER form in hexadecimal digits. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace tidegate::base {

// The bytes of an even number of hexadecimal digits; nullopt for anything else.
std::optional<Bytes> from_hex(std::string_view text);

// The 32 bytes of a fingerprint, whose digits may be separated by colons as OpenSSL prints them.
std::optional<Bytes> parse_fingerprint(std::string_view text);

inline constexpr std::string_view kNoFingerprint =
    "a fingerprint has 64 hexadecimal digits, the SHA-256 of a certificate";

}  // namespace tidegate::base
