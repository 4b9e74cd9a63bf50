#include "rtsp/core/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/crypto/base64.hpp"
#include "rtsp/core/message.hpp"
#include "rtsp/core/url.hpp"

namespace tidegate::rtsp {

namespace {

std::string hex_digest(DigestAlgorithm algorithm, std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    auto const* const kind = algorithm == DigestAlgorithm::md5 ? EVP_md5() : EVP_sha256();
    if (EVP_Digest(text.data(), text.size(), digest, &size, kind, nullptr) != 1) return {};
    std::string out;
    for (unsigned int i = 0; i < size; ++i) {
        out += "0123456789abcdef"[digest[i] >> 4];
        out += "0123456789abcdef"[digest[i] & 0xF];
    }
    return out;
}

// The response of RFC 7616 §3.4.1; without qop that of RFC 2069, which RTSP clients use.
std::string digest_response(Authorization const& from, Credentials const& credentials,
                            std::string_view method) {
    auto const hash = [&](std::string const& text) { return hex_digest(from.algorithm, text); };
    auto const who = hash(credentials.user + ":" + from.realm + ":" + credentials.password);
    auto const what = hash(std::string(method) + ":" + from.uri);
    auto middle = from.nonce;
    if (from.qop_auth) middle += ":" + from.nonce_count + ":" + from.cnonce + ":auth";
    return hash(who + ":" + middle + ":" + what);
}

// The path and the query of a URL, absolute or relative, without a slash at the end.
std::string_view path_of(std::string_view url) {
    if (is_absolute_url(url)) {
        auto const slash = url.find('/', url.find("://") + 3);
        url = slash == std::string_view::npos ? std::string_view{} : url.substr(slash);
    }
    if (url.ends_with('/')) url.remove_suffix(1);
    return url;
}

// Whether a signature over `uri` is good for the request: the URI is the request's, or the stream's
// when the request names one of its tracks. The name of the server in it does not matter, because
// the nonce belongs to this connection.
bool covers(std::string_view uri, std::string_view request_url) {
    if (uri == request_url) return true;
    if (!is_absolute_url(uri) && !uri.starts_with('/')) return false;
    auto const signed_path = path_of(uri);
    auto const path = path_of(request_url);
    if (signed_path == path) return true;
    auto const track = path.rfind("/trackID=");
    return track != std::string_view::npos && signed_path == path.substr(0, track);
}

}  // namespace

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    // Hashes have one length, so that even the lengths of the texts make no difference in time.
    auto const left = hex_digest(DigestAlgorithm::sha256, a);
    auto const right = hex_digest(DigestAlgorithm::sha256, b);
    return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0 && !left.empty();
}

Authorization answer(Challenge const& challenge, Credentials const& credentials,
                     std::string_view method, std::string_view uri, std::string_view cnonce) {
    Authorization out;
    out.scheme = challenge.scheme;
    out.user = credentials.user;
    if (challenge.scheme == Scheme::basic) {
        out.password = credentials.password;
        return out;
    }
    out.realm = challenge.realm;
    out.nonce = challenge.nonce;
    out.opaque = challenge.opaque;
    out.algorithm = challenge.algorithm;
    out.uri = uri;
    if (challenge.qop_auth) {
        out.qop_auth = true;
        out.cnonce = cnonce;
        out.nonce_count = "00000001";  // each answer has a fresh cnonce
    }
    out.response = digest_response(out, credentials, method);
    return out;
}

bool verify(Authorization const& authorization, Challenge const& challenge,
            Credentials const& expected, std::string_view method, std::string_view request_url) {
    if (authorization.scheme != challenge.scheme) return false;
    bool const same_user = equal_in_constant_time(authorization.user, expected.user);
    if (authorization.scheme == Scheme::basic) {
        return equal_in_constant_time(authorization.password, expected.password) && same_user;
    }
    if (authorization.algorithm != challenge.algorithm || authorization.realm != challenge.realm ||
        !equal_in_constant_time(authorization.nonce, challenge.nonce) ||
        !covers(authorization.uri, request_url)) {
        return false;
    }
    auto const wanted = digest_response(authorization, expected, method);
    return equal_in_constant_time(authorization.response, wanted) && same_user;
}

}  // namespace tidegate::rtsp
