// Basic and Digest authentication (RFC 7617, 7616; MD5 and SHA-256) for both sides: challenges,
// answers and their check. Digests and base 64 are OpenSSL's. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::rtsp {

enum class Scheme : std::uint8_t { basic, digest };
enum class DigestAlgorithm : std::uint8_t { md5, sha256 };

// One WWW-Authenticate header.
struct Challenge {
    Scheme scheme = Scheme::basic;
    std::string realm = {};
    std::string nonce = {};
    std::string opaque = {};
    DigestAlgorithm algorithm = DigestAlgorithm::md5;
    bool qop_auth = false;  // the server offers qop=auth
    bool stale = false;
    bool operator==(Challenge const&) const = default;
};

// One Authorization header. For basic, `password` is the clear one; for digest, `response` proves
// it.
struct Authorization {
    Scheme scheme = Scheme::basic;
    std::string user;
    std::string password;
    std::string realm;
    std::string nonce;
    std::string uri;
    std::string response;
    std::string opaque;
    std::string cnonce;
    std::string nonce_count;
    bool qop_auth = false;
    DigestAlgorithm algorithm = DigestAlgorithm::md5;
    bool operator==(Authorization const&) const = default;
};

struct Credentials {
    std::string user;
    std::string password;
};

std::expected<Challenge, std::string> parse_challenge(std::string_view value);
std::string write_challenge(Challenge const& challenge);

std::expected<Authorization, std::string> parse_authorization(std::string_view value);
std::string write_authorization(Authorization const& authorization);

// The client's answer. `cnonce` is used only when the server offers qop; it is the caller's random.
Authorization answer(Challenge const& challenge, Credentials const& credentials,
                     std::string_view method, std::string_view uri, std::string_view cnonce = {});

// Does the answer prove this user and password for the request? Compares in constant time. For
// digest the nonce and realm must be the challenge's, and the uri the request's: with or without
// scheme and host, for Bosch's NVRs sign the path alone; a trailing slash less or more, or without
// the track, for FFmpeg, VLC and HappyTime sign the base URL at times.
bool verify(Authorization const& authorization, Challenge const& challenge,
            Credentials const& expected, std::string_view method, std::string_view request_url);

bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace tidegate::rtsp
