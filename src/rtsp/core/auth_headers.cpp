// The text of WWW-Authenticate and Authorization headers.
#include "base/crypto/base64.hpp"
#include "rtsp/core/auth.hpp"
#include "rtsp/core/limits.hpp"
#include "rtsp/core/message.hpp"

namespace tidegate::rtsp {

namespace {

struct Parameter {
    std::string_view key;
    std::string value;
};

bool is_separator(char c) {
    return c == ' ' || c == '\t' || c == ',';
}

// A quoted string behind its opening quote; nullopt without a closing one.
std::optional<std::string> take_quoted(std::string_view& rest) {
    std::string value;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == '"') {
            rest.remove_prefix(i + 1);
            return value;
        }
        if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
        value += rest[i];
    }
    return std::nullopt;
}

std::string take_bare(std::string_view& rest) {
    auto const end = rest.find(',');
    std::string value(trim(rest.substr(0, end)));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
    return value;
}

// key=value, key="quoted value", separated by commas.
std::expected<std::vector<Parameter>, std::string> parse_parameters(std::string_view rest) {
    std::vector<Parameter> parameters;
    for (;;) {
        while (!rest.empty() && is_separator(rest.front())) rest.remove_prefix(1);
        if (rest.empty()) return parameters;
        if (parameters.size() == kMaxAuthParameters) return std::unexpected("too many parameters");
        auto const equals = rest.find('=');
        if (equals == std::string_view::npos) return std::unexpected("parameter without a value");
        auto const key = trim(rest.substr(0, equals));
        rest.remove_prefix(equals + 1);
        if (rest.starts_with('"')) {
            rest.remove_prefix(1);
            auto value = take_quoted(rest);
            if (!value) return std::unexpected("quoted value without its end");
            parameters.push_back({key, std::move(*value)});
        } else {
            parameters.push_back({key, take_bare(rest)});
        }
    }
}

// Cuts the scheme's name off.
std::optional<Scheme> take_scheme(std::string_view& value) {
    value = trim(value);
    auto const end = value.find(' ');
    auto const name = value.substr(0, end);
    value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
    if (equal_ignoring_case(name, "basic")) return Scheme::basic;
    if (equal_ignoring_case(name, "digest")) return Scheme::digest;
    return std::nullopt;
}

std::optional<DigestAlgorithm> parse_algorithm(std::string_view name) {
    if (equal_ignoring_case(name, "MD5")) return DigestAlgorithm::md5;
    if (equal_ignoring_case(name, "SHA-256")) return DigestAlgorithm::sha256;
    return std::nullopt;
}

std::string_view name_of(DigestAlgorithm algorithm) {
    return algorithm == DigestAlgorithm::md5 ? "MD5" : "SHA-256";
}

// qop="auth,auth-int" as a list.
bool offers_auth(std::string_view list) {
    while (!list.empty()) {
        auto const end = list.find(',');
        if (equal_ignoring_case(trim(list.substr(0, end)), "auth")) return true;
        list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    }
    return false;
}

std::string quoted(std::string_view key, std::string_view value) {
    std::string out(key);
    out += "=\"";
    for (auto const c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out += '"';
}

std::expected<Authorization, std::string> parse_basic(std::string_view text) {
    auto const decoded = base::base64_decode(trim(text));
    if (!decoded) return std::unexpected("basic credentials are not base 64");
    auto const pair = base::as_text(*decoded);
    auto const colon = pair.find(':');
    if (colon == std::string_view::npos) return std::unexpected("basic credentials lack a colon");
    Authorization out;
    out.user = pair.substr(0, colon);
    out.password = pair.substr(colon + 1);
    return out;
}

// The member a key of a digest answer fills; nullptr for the others.
std::string* member(Authorization& out, std::string_view key) {
    struct Known {
        std::string_view key;
        std::string Authorization::* member;
    };
    static constexpr Known kKnown[] = {
        {"username", &Authorization::user},     {"realm", &Authorization::realm},
        {"nonce", &Authorization::nonce},       {"uri", &Authorization::uri},
        {"response", &Authorization::response}, {"opaque", &Authorization::opaque},
        {"cnonce", &Authorization::cnonce},     {"nc", &Authorization::nonce_count},
    };
    for (auto const& known : kKnown) {
        if (equal_ignoring_case(known.key, key)) return &(out.*known.member);
    }
    return nullptr;
}

std::expected<Authorization, std::string> parse_digest(std::string_view text) {
    auto parameters = parse_parameters(text);
    if (!parameters) return std::unexpected(parameters.error());
    Authorization out;
    out.scheme = Scheme::digest;
    for (auto& [key, value] : *parameters) {
        if (auto* const known = member(out, key))
            *known = std::move(value);
        else if (equal_ignoring_case(key, "qop"))
            out.qop_auth = offers_auth(value);
        else if (equal_ignoring_case(key, "algorithm")) {
            auto const algorithm = parse_algorithm(value);
            if (!algorithm) return std::unexpected("digest algorithm is not supported");
            out.algorithm = *algorithm;
        }
    }
    if (out.user.empty() || out.nonce.empty() || out.uri.empty() || out.response.empty()) {
        return std::unexpected("digest answer is incomplete");
    }
    return out;
}

}  // namespace

std::expected<Challenge, std::string> parse_challenge(std::string_view value) {
    auto const scheme = take_scheme(value);
    if (!scheme) return std::unexpected("authentication scheme is not supported");
    auto parameters = parse_parameters(value);
    if (!parameters) return std::unexpected(parameters.error());
    Challenge out;
    out.scheme = *scheme;
    for (auto& [key, text] : *parameters) {
        if (equal_ignoring_case(key, "realm"))
            out.realm = std::move(text);
        else if (equal_ignoring_case(key, "nonce"))
            out.nonce = std::move(text);
        else if (equal_ignoring_case(key, "opaque"))
            out.opaque = std::move(text);
        else if (equal_ignoring_case(key, "stale"))
            out.stale = equal_ignoring_case(text, "true");
        else if (equal_ignoring_case(key, "qop"))
            out.qop_auth = offers_auth(text);
        else if (equal_ignoring_case(key, "algorithm")) {
            auto const algorithm = parse_algorithm(text);
            if (!algorithm) return std::unexpected("digest algorithm is not supported");
            out.algorithm = *algorithm;
        }
    }
    if (out.scheme == Scheme::digest && out.nonce.empty()) {
        return std::unexpected("digest challenge without a nonce");
    }
    return out;
}

std::string write_challenge(Challenge const& challenge) {
    if (challenge.scheme == Scheme::basic) return "Basic " + quoted("realm", challenge.realm);
    auto out =
        "Digest " + quoted("realm", challenge.realm) + ", " + quoted("nonce", challenge.nonce);
    if (!challenge.opaque.empty()) out += ", " + quoted("opaque", challenge.opaque);
    if (challenge.stale) out += ", stale=\"true\"";
    if (challenge.qop_auth) out += ", qop=\"auth\"";
    return out + ", " + quoted("algorithm", name_of(challenge.algorithm));
}

std::expected<Authorization, std::string> parse_authorization(std::string_view value) {
    auto const scheme = take_scheme(value);
    if (!scheme) return std::unexpected("authentication scheme is not supported");
    return *scheme == Scheme::basic ? parse_basic(value) : parse_digest(value);
}

std::string write_authorization(Authorization const& from) {
    if (from.scheme == Scheme::basic) {
        return "Basic " + base::base64_encode(base::as_bytes(from.user + ":" + from.password));
    }
    auto out = "Digest " + quoted("username", from.user) + ", " + quoted("realm", from.realm) +
               ", " + quoted("nonce", from.nonce) + ", " + quoted("uri", from.uri) + ", " +
               quoted("response", from.response);
    if (!from.opaque.empty()) out += ", " + quoted("opaque", from.opaque);
    if (from.algorithm != DigestAlgorithm::md5) out += ", algorithm=\"SHA-256\"";
    if (from.qop_auth)
        out += ", qop=auth, nc=" + from.nonce_count + ", " + quoted("cnonce", from.cnonce);
    return out;
}

}  // namespace tidegate::rtsp
