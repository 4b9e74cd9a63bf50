#include "rtmp/core/adobe_login.hpp"

#include <algorithm>
#include <string>

#include "base/crypto/base64.hpp"
#include "base/crypto/digest.hpp"

namespace tidegate::rtmp {

namespace {

constexpr std::string_view kMethod = "authmod=adobe";

// The value of one of "?reason=needauth&user=u&salt=s"; empty: it is not there. Servers write the
// values as they are: '+' and '=' of base 64 mean themselves.
std::string_view value_of(std::string_view text, std::string_view key) {
    auto const start = text.find('?');
    if (start == std::string_view::npos) return {};
    text.remove_prefix(start + 1);
    while (!text.empty()) {
        auto const pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
        if (pair.size() > key.size() && pair.starts_with(key) && pair[key.size()] == '=') {
            auto const value = pair.substr(key.size() + 1);
            return value.substr(0, value.find_first_of(" \r\n"));
        }
    }
    return {};
}

std::string digest_of(std::string const& text) {
    base::Digest md5(base::Digest::Kind::md5);
    md5.update(base::as_bytes(text));
    return base::base64_encode(md5.finish());
}

}  // namespace

std::optional<ClientUrl> answer_login(ClientUrl url, std::string_view description,
                                      std::uint64_t seed) {
    if (url.user.empty() || !description.contains(kMethod)) return std::nullopt;
    std::string const first = "authmod=adobe&user=" + url.user;
    std::string const separator = url.app.contains('?') ? "&" : "?";
    auto const reason = value_of(description, "reason");
    if (reason.empty() && url.login_query.empty()) {
        url.login_query = separator + first;
        return url;
    }
    auto const salt = value_of(description, "salt");
    auto const challenge = value_of(description, "challenge");
    auto const opaque = value_of(description, "opaque");
    if (reason != "needauth" || url.login_query.contains("&response=")) return std::nullopt;
    auto const ours = base::to_hex(
        base::as_bytes(std::string_view(reinterpret_cast<char const*>(&seed), sizeof seed)));
    auto const secret = digest_of(url.user + std::string(salt) + url.password);
    auto const response =
        digest_of(secret + std::string(opaque.empty() ? challenge : opaque) + ours);
    url.login_query = separator + first + "&challenge=" + ours + "&response=" + response;
    if (!opaque.empty()) url.login_query += "&opaque=" + std::string(opaque);
    return url;
}

}  // namespace tidegate::rtmp
