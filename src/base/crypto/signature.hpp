// Signatures of messages between programs that share a secret: HMAC-SHA256 (RFC 2104), done by
// OpenSSL. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::base {

// A message whose time differs from the receiver's clock by more than this many seconds is refused.
// Hooks take less, and clocks differ by less. Somebody who has overheard a message can repeat it
// only for so long.
inline constexpr std::int64_t kSignatureSeconds = 300;

// The value of a header, "t=1700000000,v1=<64 hexadecimal digits>". It covers the time, the target
// ("/v1/mediamtx/events/ready") and the body. now: seconds since 1970.
std::string sign(std::string_view secret, std::string_view target, std::string_view body,
                 std::int64_t now);

// Why the header's value is not the signature of this message; nullopt: it is. The sentence does
// not say what the right signature would be.
std::optional<std::string> signature_problem(std::string_view header, std::string_view secret,
                                             std::string_view target, std::string_view body,
                                             std::int64_t now);

}  // namespace tidegate::base
