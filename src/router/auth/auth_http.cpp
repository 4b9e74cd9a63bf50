#include "router/auth/auth_http.hpp"

#include <boost/json/object.hpp>

#include "http/json_text.hpp"
#include "rtmp/core/stream_address.hpp"

namespace tidegate::router {

namespace json = boost::json;

namespace {

// MediaMTX reads as much of an answer.
constexpr std::size_t kMaxAnswerBytes = 128 * 1024;

// Of the answer's body in the log: enough for a sentence.
constexpr std::size_t kMaxShownBytes = 200;

std::string_view name_of(AuthAction action) {
    switch (action) {
        case AuthAction::publish:
            return "publish";
        case AuthAction::read:
            return "read";
        case AuthAction::playback:
            return "playback";
        case AuthAction::api:
            return "api";
        case AuthAction::metrics:
            return "metrics";
        case AuthAction::pprof:
            return "pprof";
    }
    return "";
}

// One line of text, whatever the server answered.
std::string shown(std::string_view body) {
    std::string text(body.substr(0, kMaxShownBytes));
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return text;
}

}  // namespace

std::string token_of(AuthRequest const& request) {
    if (!request.token.empty()) return request.token;
    if (!request.password.empty()) return request.password;
    if (request.protocol.empty()) return {};
    return rtmp::read_query_credentials(request.query).token;
}

std::string auth_http_body(AuthRequest const& request) {
    json::object body;
    body["ip"] = request.ip;
    body["user"] = request.user;
    body["password"] = request.password;
    body["token"] = token_of(request);
    body["action"] = name_of(request.action);
    body["path"] = request.path;
    body["protocol"] = request.protocol;
    body["id"] = request.id.empty() ? json::value(nullptr) : json::value(request.id);
    body["query"] = request.query;
    body["userAgent"] = request.user_agent;
    return http::to_text(body);
}

std::expected<std::shared_ptr<net::TlsClientContext const>, std::string> trust_for(
    std::string const& address, std::string const& fingerprint) {
    if (!address.starts_with("https://")) return nullptr;
    return net::TlsClientContext::make({.fingerprint = fingerprint});
}

std::expected<HttpAuthenticator, std::string> HttpAuthenticator::create(
    config::mediamtx::Global const& global) {
    HttpAuthenticator made;
    auto exclude = Permissions::create(global.auth_http_exclude);
    if (!exclude) return std::unexpected(std::move(exclude.error()));
    made.exclude_ = std::move(*exclude);
    made.address_ = global.auth_http_address;
    auto trust = trust_for(made.address_, global.auth_http_fingerprint);
    if (!trust) return std::unexpected(std::move(trust.error()));
    made.tls_ = *std::move(trust);
    made.timeout_ = std::chrono::duration_cast<std::chrono::milliseconds>(global.read_timeout);
    return made;
}

http::ClientRequest HttpAuthenticator::question(AuthRequest const& request) const {
    http::ClientRequest question;
    question.method = "POST";
    question.url = address_;
    // A connection of its own: one that the server closes while it is idle would refuse a client.
    question.headers = {{"Content-Type", "application/json"}, {"Connection", "close"}};
    question.body = auth_http_body(request);
    question.tls = tls_;
    question.deadline = timeout_;
    question.max_body_bytes = kMaxAnswerBytes;
    return question;
}

std::string auth_http_refusal(std::expected<http::ClientResponse, std::string> const& answer) {
    if (!answer) return "HTTP request failed: " + answer.error();
    if (answer->status >= 200 && answer->status <= 299) return {};
    auto sentence = "server replied with code " + std::to_string(answer->status);
    if (!answer->body.empty()) sentence += ": " + shown(answer->body);
    return sentence;
}

}  // namespace tidegate::router
