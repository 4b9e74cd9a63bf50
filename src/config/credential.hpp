// User names and passwords of mediamtx.yml: plain, or hashed as "sha256:<base64>". Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidegate::config {

inline constexpr std::string_view kSha256Prefix = "sha256:";
inline constexpr std::string_view kArgon2Prefix = "argon2:";

// True: the credential is a hash of either kind, not plain text.
bool is_hashed(std::string_view credential);
// True: the text has only bytes that a plain credential may have. Also of the empty text.
bool is_plain_credential(std::string_view text);
// Why the credential cannot be used; nullopt: it can.
std::optional<std::string> credential_problem(std::string_view credential);

}  // namespace tidegate::config
