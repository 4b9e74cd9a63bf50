#include "router/auth/jwt.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <utility>
#include <vector>

#include "router/auth/jwt_text.hpp"

namespace tidegate::router {

namespace json = boost::json;

namespace {

using Sentence = std::unexpected<std::string>;

struct Parts {
    std::string_view header, claims, signature;
    std::string_view signed_text;  // header and claims, with the dot between them
};

std::expected<Parts, std::string> split(std::string_view token) {
    if (token.size() > kMaxJwtBytes) return Sentence("token is too long");
    auto const first = token.find('.');
    auto const second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
        return Sentence("token is malformed: token contains an invalid number of segments");
    }
    return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                 token.substr(second + 1), token.substr(0, second)};
}

std::expected<json::object, std::string> read_object(std::string_view part, char const* what) {
    auto const bytes = base64url_decode(part);
    if (!bytes) return Sentence(std::string("token is malformed: ") + what + " is not base 64");
    boost::system::error_code error;
    auto value = json::parse(base::as_text(*bytes), error);
    if (error || !value.is_object()) {
        return Sentence(std::string("token is malformed: ") + what + " is no JSON object");
    }
    return std::move(value.get_object());
}

// Nothing in the token is looked at before this has succeeded, but its header.
std::expected<void, std::string> verify(Parts const& parts, JwtKeys const& keys) {
    auto const header = read_object(parts.header, "the header");
    if (!header) return Sentence(header.error());
    if (header->contains("crit")) return Sentence("token is unverifiable: its header has crit");
    auto const algorithm = base::parse_signature_algorithm(text_of(*header, "alg"));
    if (!algorithm) return Sentence("token is unverifiable: signing method is not supported");
    auto const* const key = keys.find(text_of(*header, "kid"));
    if (key == nullptr) return Sentence("token is unverifiable: key not found in the key set");
    if (!key->key.fits(*algorithm) || (key->only && *key->only != *algorithm)) {
        return Sentence("token is unverifiable: the key is for another signing method");
    }
    auto const signature = base64url_decode(parts.signature);
    if (!signature || !key->key.verify(*algorithm, base::as_bytes(parts.signed_text), *signature)) {
        return Sentence("token signature is invalid");
    }
    return {};
}

// Seconds since 1970, perhaps with a fraction (RFC 7519 §2). nullopt: it is not there; an error: it
// is no number.
std::expected<std::optional<double>, std::string> time_of(json::object const& claims,
                                                          std::string_view name) {
    auto const* const value = claims.if_contains(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    boost::system::error_code error;
    auto const seconds = value->is_number() ? value->to_number<double>(error) : NAN;
    if (error || !std::isfinite(seconds)) {
        return Sentence("token has invalid claims: " + std::string(name) + " is no time");
    }
    return seconds;
}

bool has_audience(json::object const& claims, std::string_view wanted) {
    auto const* const value = claims.if_contains("aud");
    if (value == nullptr) return false;
    auto const is_wanted = [&](json::value const& item) {
        auto const* const text = item.if_string();
        return text != nullptr && std::string_view(*text) == wanted;
    };
    auto const* const list = value->if_array();
    return list != nullptr ? std::ranges::any_of(*list, is_wanted) : is_wanted(*value);
}

std::expected<void, std::string> check_claims(json::object const& claims, JwtRules const& rules,
                                              double now) {
    auto const expires = time_of(claims, "exp");
    if (!expires) return Sentence(expires.error());
    if (*expires && now >= **expires) return Sentence("token is expired");
    auto const begins = time_of(claims, "nbf");
    if (!begins) return Sentence(begins.error());
    if (*begins && now < **begins) return Sentence("token is not valid yet");
    if (!rules.issuer.empty() && text_of(claims, "iss") != rules.issuer) {
        return Sentence("token has invalid issuer");
    }
    if (!rules.audience.empty() && !has_audience(claims, rules.audience)) {
        return Sentence("token has invalid audience");
    }
    return {};
}

std::optional<AuthAction> action_of(std::string_view text) {
    using enum AuthAction;
    for (auto const& [name, action] :
         {std::pair{"publish", publish}, std::pair{"read", read}, std::pair{"playback", playback},
          std::pair{"api", api}, std::pair{"metrics", metrics}, std::pair{"pprof", pprof}}) {
        if (text == name) return action;
    }
    return std::nullopt;
}

// A list, or a string that has the list as JSON. Strict, as MediaMTX is.
std::expected<Permissions, std::string> permissions_of(json::value const& claim) {
    json::value parsed;
    auto const* list = claim.if_array();
    if (auto const* const text = claim.if_string()) {
        boost::system::error_code error;
        parsed = json::parse(std::string_view(*text), error);
        list = error ? nullptr : parsed.if_array();
    }
    if (list == nullptr) return Sentence("the claim with the permissions is no list");
    std::vector<config::mediamtx::Permission> permissions;
    for (auto const& item : *list) {
        auto const* const given = item.if_object();
        auto const action = given != nullptr ? action_of(text_of(*given, "action")) : std::nullopt;
        auto const* const path = given != nullptr ? given->if_contains("path") : nullptr;
        bool const known = given != nullptr && given->size() == (path != nullptr ? 2U : 1U) &&
                           (path == nullptr || path->is_string());
        if (!action || !known) return Sentence("a permission in the token is not valid");
        permissions.push_back({*action, std::string(text_of(*given, "path"))});
    }
    return Permissions::create(permissions);
}

}  // namespace

std::expected<JwtClaims, std::string> read_jwt(std::string_view token, JwtKeys const& keys,
                                               JwtRules const& rules,
                                               std::chrono::system_clock::time_point now) {
    auto const parts = split(token);
    if (!parts) return Sentence(parts.error());
    if (auto const verified = verify(*parts, keys); !verified) return Sentence(verified.error());
    auto const claims = read_object(parts->claims, "the claims");
    if (!claims) return Sentence(claims.error());
    std::chrono::duration<double> const seconds = now.time_since_epoch();
    if (auto const valid = check_claims(*claims, rules, seconds.count()); !valid) {
        return Sentence(valid.error());
    }
    auto const* const claim = claims->if_contains(rules.claim_key);
    if (claim == nullptr) {
        return Sentence("claim '" + rules.claim_key + "' not found inside JWT");
    }
    auto permissions = permissions_of(*claim);
    if (!permissions) return Sentence(permissions.error());
    return JwtClaims{std::string(text_of(*claims, "sub")), *std::move(permissions)};
}

}  // namespace tidegate::router
