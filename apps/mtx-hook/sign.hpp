// Proves to media-service that an event comes from a router that knows the secret. By mbed TLS:
// OpenSSL would add 3.5 MB to this program, and a millisecond and a half to each call
// (docs/adr/0015-mbed-tls-in-mtx-hook.md). Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::hook {

// The value of X-Hook-Signature: "t=<seconds>,sha256=<digits>", the HMAC-SHA256 (RFC 2104) of
// "<seconds>.<path>.<body>", so that a "ready" that somebody has overheard is no "not-ready". Empty
// if it cannot be made. seconds: since 1970. path: "/v1/mediamtx/events/ready", without a prefix.
std::string signature(std::string_view secret, std::int64_t seconds, std::string_view path,
                      std::string_view body);

}  // namespace tidegate::hook
