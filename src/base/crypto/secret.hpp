// What proves that somebody knows a secret, done by OpenSSL: SHA-256 and HMAC-SHA256 (RFC 2104) in
// one call, and a comparison that tells nothing. Any thread.
#pragma once

#include "base/bytes.hpp"

namespace tidegate::base {

// 32 bytes each. Empty if OpenSSL does not offer the digest; equal_secrets() accepts no empty
// proof.
Bytes sha256(ByteView bytes);
Bytes hmac_sha256(ByteView key, ByteView message);

// Takes a time that depends on the lengths only, not on where the two differ. False if both are
// empty.
bool equal_secrets(ByteView a, ByteView b);

}  // namespace tidegate::base
