#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "router/auth/jwt.hpp"
#include "router/auth/jwt_text.hpp"

namespace tidegate::router {

namespace json = boost::json;

namespace {

std::optional<base::Curve> curve_of(std::string_view name) {
    if (name == "P-256") return base::Curve::p256;
    if (name == "P-384") return base::Curve::p384;
    if (name == "P-521") return base::Curve::p521;
    return std::nullopt;
}

// A number of the key; empty if it is not there.
base::Bytes bytes_of(json::object const& key, std::string_view name) {
    return base64url_decode(text_of(key, name)).value_or(base::Bytes{});
}

std::expected<base::PublicKey, std::string> public_key(json::object const& key) {
    auto const kind = text_of(key, "kty");
    if (kind == "RSA") return base::PublicKey::rsa(bytes_of(key, "n"), bytes_of(key, "e"));
    if (kind == "EC") {
        auto const curve = curve_of(text_of(key, "crv"));
        if (!curve) return std::unexpected("a curve that is not supported");
        return base::PublicKey::ec(*curve, bytes_of(key, "x"), bytes_of(key, "y"));
    }
    if (kind == "OKP" && text_of(key, "crv") == "Ed25519") {
        return base::PublicKey::ed25519(bytes_of(key, "x"));
    }
    return std::unexpected("a kind of key that is not supported");
}

std::expected<JwtKeys::Key, std::string> usable_key(json::object const& given) {
    if (auto const use = text_of(given, "use"); !use.empty() && use != "sig") {
        return std::unexpected("a key that is not for signatures");
    }
    auto key = public_key(given);
    if (!key) return std::unexpected(key.error());
    JwtKeys::Key made{*std::move(key), std::nullopt};
    if (auto const name = text_of(given, "alg"); !name.empty()) {
        made.only = base::parse_signature_algorithm(name);
        if (!made.only || !made.key.fits(*made.only)) {
            return std::unexpected("an algorithm that the key is not for");
        }
    }
    return made;
}

}  // namespace

std::expected<JwtKeys, std::string> JwtKeys::parse(std::string_view text) {
    if (text.size() > kMaxJwksBytes) return std::unexpected("the set of keys is too large");
    boost::system::error_code error;
    auto const value = json::parse(text, error);
    auto const* const set = error ? nullptr : value.if_object();
    auto const* const member = set != nullptr ? set->if_contains("keys") : nullptr;
    auto const* const items = member != nullptr ? member->if_array() : nullptr;
    if (items == nullptr) return std::unexpected("the answer is no set of keys");
    if (items->size() > kMaxJwksKeys) {
        return std::unexpected("the set has more than " + std::to_string(kMaxJwksKeys) + " keys");
    }
    JwtKeys keys;
    std::string why = "the set has no key";
    for (auto const& item : *items) {
        auto const* const given = item.if_object();
        if (given == nullptr) return std::unexpected("the answer is no set of keys");
        auto key = usable_key(*given);
        if (!key) {
            why = "the set has " + key.error();
            continue;
        }
        keys.keys_.insert_or_assign(std::string(text_of(*given, "kid")), *std::move(key));
    }
    if (keys.keys_.empty()) return std::unexpected(why);
    return keys;
}

JwtKeys::Key const* JwtKeys::find(std::string_view kid) const {
    auto const found = keys_.find(kid);
    return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace tidegate::router
