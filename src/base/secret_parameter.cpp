#include "base/secret_parameter.hpp"

#include <algorithm>
#include <array>

#include "base/lower_case.hpp"

namespace tidegate::base {

namespace {

constexpr std::array<std::string_view, 20> kSecretNames{
    "user", "username",      "pass",       "passwd",      "password", "token",    "access_token",
    "jwt",  "key",           "streamkey",  "stream_key",  "apikey",   "api_key",  "secret",
    "auth", "authorization", "credential", "credentials", "sig",      "signature"};

constexpr std::string_view kNameEnds = "?&;/ ";
constexpr std::string_view kValueEnds = "?&; ";
constexpr std::string_view kMask = "***";

// "//user:password@host" up to the host. A password may hold an @ itself.
std::string without_user(std::string_view text) {
    auto const slashes = text.find("//");
    if (slashes == text.npos) return std::string(text);
    auto const begin = slashes + 2;
    auto const authority = text.substr(begin, text.find_first_of("/?", begin) - begin);
    auto const at = authority.rfind('@');
    if (at == authority.npos) return std::string(text);
    return std::string(text.substr(0, begin)).append(kMask).append(text.substr(begin + at));
}

}  // namespace

std::string without_secrets(std::string_view text) {
    auto shown = without_user(text);
    for (auto at = shown.find('='); at != shown.npos; at = shown.find('=', at + 1)) {
        auto const before = shown.find_last_of(kNameEnds, at);
        auto const begin = before == shown.npos ? 0 : before + 1;
        if (!is_secret_parameter(std::string_view(shown).substr(begin, at - begin))) continue;
        auto const end = std::min(shown.find_first_of(kValueEnds, at), shown.size());
        shown.replace(at + 1, end - at - 1, kMask);
    }
    return shown;
}

bool is_secret_parameter(std::string_view name) {
    auto folded = lower_case(name);
    std::ranges::replace(folded, '-', '_');
    return std::ranges::find(kSecretNames, folded) != kSecretNames.end();
}

}  // namespace tidegate::base
