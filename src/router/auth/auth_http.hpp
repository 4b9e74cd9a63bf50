// authMethod http: what is asked of the authentication server, and what its answer means. Each
// request is one POST; a 2xx status allows it. Nothing is cached, as in MediaMTX. On the control
// loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <string>

#include "http/client.hpp"
#include "router/auth/auth.hpp"

namespace tidegate::router {

// Questions that may be under way at once. Each of them holds a descriptor and its client's
// connection. A server that answers within the timeout has far fewer.
inline constexpr std::size_t kMaxAuthQuestions = 1024;

// Returns the token of a request: that of the Bearer header, or the password, or `token` or `jwt`
// of the query (for RTSP and RTMP, which have no header for it). Empty if there is none.
std::string token_of(AuthRequest const& request);

// Returns the body of the POST:
// {"ip":...,"user":...,"password":...,"token":...,"action":...,"path":...,"protocol":...,"id":...,
// "query":...,"userAgent":...}; an empty id is null.
std::string auth_http_body(AuthRequest const& request);

// Whom to trust at this address, as authHTTPFingerprint and authJWTJWKSFingerprint say it: the
// server with this certificate, or those that the system trusts if it is empty. Null for http://.
// The error is a sentence.
std::expected<std::shared_ptr<net::TlsClientContext const>, std::string> trust_for(
    std::string const& address, std::string const& fingerprint);

class HttpAuthenticator {
public:
    static std::expected<HttpAuthenticator, std::string> create(
        config::mediamtx::Global const& global);

    // Whether authHTTPExclude lists the request, which is then allowed without a question.
    bool excluded(AuthRequest const& request) const { return exclude_.allow(request); }
    http::ClientRequest question(AuthRequest const& request) const;

private:
    std::string address_;
    std::shared_ptr<net::TlsClientContext const> tls_;  // of an https:// address
    std::chrono::milliseconds timeout_{};
    Permissions exclude_;
};

// Returns why an answer refuses, for the log: "server replied with code 401: <body>". Empty if it
// allows the request.
std::string auth_http_refusal(std::expected<http::ClientResponse, std::string> const& answer);

}  // namespace tidegate::router
