// Who may call the HTTP servers: credentials, client address, preflights (contract §4.1); which web
// pages may is http/page_guard.hpp. Pure.
#pragma once

#include <optional>
#include <string>

#include "config/mediamtx/conf.hpp"
#include "http/message.hpp"
#include "router/auth/auth.hpp"

namespace tidegate::router {

// From Authorization: Basic, Bearer user:pass, or Bearer token; and the address behind trusted
// proxies.
AuthRequest auth_request_of(http::Request const& request,
                            config::mediamtx::HttpListener const& listener, AuthAction action);

// Answers a preflight; nothing when the request is none.
std::optional<http::Response> preflight(http::Request const& request, AuthAction action);

}  // namespace tidegate::router
