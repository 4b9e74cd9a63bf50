// Who may call the HTTP servers and from which pages: credentials, client address, CORS (contract
// §4.1). Pure.
#pragma once

#include <optional>
#include <string>

#include "config/mediamtx.hpp"
#include "http/message.hpp"
#include "router/auth.hpp"

namespace tidegate::router {

// From Authorization: Basic, Bearer user:pass, or Bearer token; and the address behind trusted
// proxies.
AuthRequest auth_request_of(http::Request const& request,
                            config::mediamtx::HttpListener const& listener, AuthAction action);

// What Access-Control-Allow-Origin says, if anything.
std::optional<std::string> allowed_origin(http::Request const& request,
                                          std::vector<std::string> const& allowed);

// Answers a preflight; nothing when the request is none.
std::optional<http::Response> preflight(http::Request const& request, AuthAction action);

}  // namespace tidegate::router
