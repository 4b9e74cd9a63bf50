#include <algorithm>
#include <bit>

#include "config/credential.hpp"
#include "config/mediamtx/validate.hpp"
#include "config/mediamtx/values.hpp"

namespace tidegate::config::mediamtx {
namespace {

// Room for the headers of RTP and of a fragment, and for media beside them.
constexpr std::int64_t kMinUdpPayload = 64;

bool has(json::object const& values, std::string_view name, std::string_view item) {
    auto const texts = texts_of(values, name);
    return std::ranges::find(texts, item) != texts.end();
}

bool is_http_url(std::string_view url) {
    return url.starts_with("http://") || url.starts_with("https://");
}

Verdict validate_numbers(json::object const& values) {
    for (std::string_view const name : {"readTimeout", "writeTimeout"}) {
        if (duration_of(values, name).count() <= 0) {
            return fail("'" + std::string(name) + "' must be greater than zero");
        }
    }
    auto const queue = number_of(values, "writeQueueSize");
    if (queue <= 0) return fail("'writeQueueSize' must be greater than zero");
    if (!std::has_single_bit(static_cast<std::uint64_t>(queue))) {
        return fail("'writeQueueSize' must be a power of two");
    }
    auto const payload = number_of(values, "udpMaxPayloadSize");
    if (payload > 1472) return fail("'udpMaxPayloadSize' must be less than 1472");
    if (payload < kMinUdpPayload) {
        return fail("'udpMaxPayloadSize' must be at least " + std::to_string(kMinUdpPayload));
    }
    return {};
}

Verdict validate_users(json::object const& values) {
    for (auto const& item : values.at("authInternalUsers").get_array()) {
        auto const& user = item.get_object();
        if (text_of(user, "user").empty()) return fail("empty usernames are not supported");
        if (text_of(user, "user") == "any" && !text_of(user, "pass").empty()) {
            return fail("using a password with 'any' user is not supported");
        }
    }
    return {};
}

Verdict validate_auth(json::object const& values) {
    auto const method = text_of(values, "authMethod");
    if (method == "internal") return validate_users(values);
    if (method == "http") {
        auto const address = text_of(values, "authHTTPAddress");
        if (address.empty()) return fail("'authHTTPAddress' is empty");
        if (!is_http_url(address)) return fail("'externalAuthenticationURL' must be a HTTP URL");
        return {};
    }
    auto const keys = text_of(values, "authJWTJWKS");
    if (keys.empty()) return fail("'authJWTJWKS' is empty");
    if (!is_http_url(keys)) return fail("'authJWTJWKS' must be a HTTP URL");
    if (text_of(values, "authJWTClaimKey").empty()) return fail("'authJWTClaimKey' is empty");
    return {};
}

// A server that is switched on needs an address.
Verdict validate_addresses(json::object const& values) {
    struct Rule {
        std::string_view key, address, what;
    };
    static constexpr Rule kRules[] = {
        {"api", "apiAddress", "API is enabled"},
        {"metrics", "metricsAddress", "metrics are enabled"},
        {"pprof", "pprofAddress", "pprof is enabled"},
        {"playback", "playbackAddress", "playback is enabled"},
        {"rtmp", "rtmpAddress", "RTMP is enabled"},
        {"hls", "hlsAddress", "HLS is enabled"},
        {"webrtc", "webrtcAddress", "WebRTC is enabled"},
        {"moq", "moqQUICAddress", "MoQ is enabled"},
    };
    for (auto const& rule : kRules) {
        if (is_set(values, rule.key) && text_of(values, rule.address).empty()) {
            return fail("'" + std::string(rule.address) + "' must be set when " +
                        std::string(rule.what));
        }
    }
    return {};
}

Verdict validate_rtsp_addresses(json::object const& values) {
    if (!is_set(values, "rtsp")) return {};
    auto const encryption = text_of(values, "rtspEncryption");
    if (encryption != "strict" && text_of(values, "rtspAddress").empty()) {
        return fail(
            "'rtspAddress' must be set when RTSP is enabled and RTSP encryption is 'no' or "
            "'optional'");
    }
    if (encryption != "no" && text_of(values, "rtspsAddress").empty()) {
        return fail(
            "'rtspsAddress' must be set when RTSP is enabled and RTSP encryption is 'optional' or "
            "'strict'");
    }
    return {};
}

Verdict validate_hls(json::object const& values) {
    if (is_plain_credential(text_of(values, "hlsCDNSecret"))) return {};
    return fail(
        "'hlsCDNSecret' contains unsupported characters. Supported are: A-Z,0-9,!,$,(,),*,+,.,;,<,"
        "=,>,[,],^,_,-,\",\",@,#,&");
}

bool is_hashed_user(json::value const& item) {
    auto const& user = item.get_object();
    return is_hashed(text_of(user, "user")) || is_hashed(text_of(user, "pass"));
}

Verdict validate_rtsp_auth(json::object const& values) {
    if (!is_set(values, "rtsp")) return {};
    if (values.at("rtspAuthMethods").get_array().empty()) {
        return fail("at least one 'rtspAuthMethods' must be provided");
    }
    if (!has(values, "rtspAuthMethods", "digest")) return {};
    if (text_of(values, "authMethod") != "internal") {
        return fail("when RTSP digest is enabled, the only supported auth method is 'internal'");
    }
    if (std::ranges::any_of(values.at("authInternalUsers").get_array(), is_hashed_user)) {
        return fail("when RTSP digest is enabled, hashed credentials cannot be used");
    }
    return {};
}

}  // namespace

Verdict validate_global(json::object const& values) {
    for (auto const rule : {validate_numbers, validate_auth, validate_addresses,
                            validate_rtsp_addresses, validate_hls, validate_rtsp_auth}) {
        if (auto verdict = rule(values); !verdict) return verdict;
    }
    return {};
}

Verdict refuse_unsupported_global(json::object const& values) {
    if (is_set(values, "rtsp")) {
        if (!has(values, "rtspTransports", "tcp")) {
            return fail(
                "'rtspTransports' must contain 'tcp': this router serves RTSP over TCP only");
        }
    }
    return {};
}

}  // namespace tidegate::config::mediamtx
