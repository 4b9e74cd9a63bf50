#include "base/secret_key.hpp"

#include <algorithm>
#include <array>

#include "base/lower_case.hpp"

namespace tidegate::base {

namespace {

constexpr std::array<std::string_view, 20> kSecretKeys{
    "user", "username",      "pass",       "passwd",      "password", "token",    "access_token",
    "jwt",  "key",           "streamkey",  "stream_key",  "apikey",   "api_key",  "secret",
    "auth", "authorization", "credential", "credentials", "sig",      "signature"};

}  // namespace

bool is_secret_key(std::string_view key) {
    auto folded = lower_case(key);
    std::ranges::replace(folded, '-', '_');
    return std::ranges::find(kSecretKeys, folded) != kSecretKeys.end();
}

}  // namespace tidegate::base
