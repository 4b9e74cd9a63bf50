// JSON Web Tokens (RFC 7519) signed with public keys (RFC 7515), and the sets of keys that verify
// them (RFC 7517). Pure; any thread.
//
// What MediaMTX takes and this does not: keys of kind `oct`, whose holders could forge tokens; a
// header with `crit` (RFC 7515 §4.1.11). Keys that cannot be used are left out of a set; MediaMTX
// refuses the set.
#pragma once

#include <chrono>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/crypto/public_key.hpp"
#include "router/auth/auth.hpp"

namespace tidegate::router {

// As much as a header or a query can have, and more than a token with many permissions.
inline constexpr std::size_t kMaxJwtBytes = 16 * 1024;
// As much as MediaMTX reads of a set. Providers have two or three keys, of less than 1 kB each.
inline constexpr std::size_t kMaxJwksBytes = 128 * 1024;
inline constexpr std::size_t kMaxJwksKeys = 100;

class JwtKeys {
public:
    // The error is a sentence: it is no set, or none of its keys can be used.
    static std::expected<JwtKeys, std::string> parse(std::string_view json);

    struct Key {
        base::PublicKey key;
        std::optional<base::SignatureAlgorithm> only;  // "alg"; nullopt: all that fit
    };
    Key const* find(std::string_view kid) const;
    std::size_t size() const { return keys_.size(); }

private:
    std::map<std::string, Key, std::less<>> keys_;  // by "kid"; one without is under ""
};

// What a token must say.
struct JwtRules {
    std::string claim_key;  // the claim with the permissions
    std::string issuer;     // "iss"; empty: any
    std::string audience;   // among "aud"; empty: any
};

struct JwtClaims {
    std::string subject;
    Permissions permissions;
};

// The claims of a token that one of the keys has signed, and that is valid at this time. The error
// is a sentence for the log, in which nothing of the token stands.
std::expected<JwtClaims, std::string> read_jwt(std::string_view token, JwtKeys const& keys,
                                               JwtRules const& rules,
                                               std::chrono::system_clock::time_point now);

}  // namespace tidegate::router
