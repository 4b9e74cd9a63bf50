// Basic and Digest authentication (RFC 7617, RFC 7616 with MD5 and SHA-256) for servers and
// clients: challenges, answers, and their check. OpenSSL computes the digests. Pure functions; any
// thread.
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
    bool stale = false;     // only the nonce was too old: the password may be right
    bool operator==(Challenge const&) const = default;
};

// One Authorization header. With Basic it has the password; with Digest it has `response`, which
// proves that the client knows the password.
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

// Read a header's value. The error is a sentence.
std::expected<Challenge, std::string> parse_challenge(std::string_view value);
std::string write_challenge(Challenge const& challenge);

std::expected<Authorization, std::string> parse_authorization(std::string_view value);
std::string write_authorization(Authorization const& authorization);

// The client's answer to a challenge. uri: the URL of the request line. cnonce: random text of the
// caller; it is used only when the server offers qop=auth.
Authorization answer(Challenge const& challenge, Credentials const& credentials,
                     std::string_view method, std::string_view uri, std::string_view cnonce = {});

// Whether the answer proves that the client knows this user and password. The comparison takes the
// same time whether or not they are right. With Digest, nonce and realm must be those of the
// challenge, and the signed URI must be that of the request. These differences are allowed, because
// clients make them: the path without scheme and host (NVRs of Bosch), one slash more or less at
// the end, and the URL without the track (FFmpeg, VLC, HappyTime).
bool verify(Authorization const& authorization, Challenge const& challenge,
            Credentials const& expected, std::string_view method, std::string_view request_url);

// Whether both are equal. The time depends on their lengths only, not on where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace tidegate::rtsp
