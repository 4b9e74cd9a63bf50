#include "config/credential.hpp"

#include <algorithm>

namespace tidegate::config {
namespace {

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_plain(char c) {
    return is_alphanumeric(c) || std::string_view("!$()*+.;<=>[]^_-{}@#&").contains(c);
}
bool is_base64(char c) {
    return is_alphanumeric(c) || c == '+' || c == '/' || c == '=';
}

}  // namespace

bool is_hashed(std::string_view credential) {
    return credential.starts_with(kSha256Prefix) || credential.starts_with(kArgon2Prefix);
}

bool is_plain_credential(std::string_view text) {
    return std::ranges::all_of(text, is_plain);
}

std::optional<std::string> credential_problem(std::string_view credential) {
    if (credential.empty()) return std::nullopt;
    if (credential.starts_with(kSha256Prefix)) {
        auto const hash = credential.substr(kSha256Prefix.size());
        if (!hash.empty() && std::ranges::all_of(hash, is_base64)) return std::nullopt;
        return "credential contains unsupported characters, sha256 hash must be base64 encoded";
    }
    if (credential.starts_with(kArgon2Prefix)) {
        return "argon2 credentials are not supported by this router, use plain text or "
               "sha256:<base64>";
    }
    if (is_plain_credential(credential)) return std::nullopt;
    return "credential contains unsupported characters. Supported are: A-Z, a-z, 0-9, "
           "!$()*+.;<=>[]^_-{}@#&";
}

}  // namespace tidegate::config
