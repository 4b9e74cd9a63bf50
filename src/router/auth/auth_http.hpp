// Asks a HTTP server who may do what (contract §8, authMethod http): one POST per request, 2xx
// allows. The control loop only; nothing is cached, as in MediaMTX.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <string>

#include "http/client.hpp"
#include "router/auth/auth.hpp"

namespace tidegate::router {

// Questions on their way at once: each holds a descriptor and its client's connection. Far above
// what a server that answers within the timeout would be asked.
inline constexpr std::size_t kMaxAuthQuestions = 1024;

// The token that a request carries: Bearer's, else the password, else the query's token or jwt
// (RTSP and RTMP, which have no header for it).
std::string token_of(AuthRequest const& request);

// {"ip":...,"user":...,"password":...,"token":...,"action":...,"path":...,"protocol":...,"id":...,
// "query":...,"userAgent":...}; an empty id is null.
std::string auth_http_body(AuthRequest const& request);

class HttpAuthenticator {
public:
    static std::expected<HttpAuthenticator, std::string> create(
        config::mediamtx::Global const& global);

    // Of authHTTPExclude: allowed without a question.
    bool excluded(AuthRequest const& request) const { return exclude_.allow(request); }
    http::ClientRequest question(AuthRequest const& request) const;

private:
    std::string address_;
    std::chrono::milliseconds timeout_{};
    Permissions exclude_;
};

// Why an answer refuses, for the log: "server replied with code 401: <body>"; empty when it allows.
std::string auth_http_refusal(std::expected<http::ClientResponse, std::string> const& answer);

}  // namespace tidegate::router
