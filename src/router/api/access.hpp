// What a request to one of the HTTP servers says about its sender: credentials and address. Which
// web pages may send requests is decided in http/page_guard.hpp. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/mediamtx/conf.hpp"
#include "http/message.hpp"
#include "net/tls_server.hpp"
#include "router/auth/auth.hpp"

namespace tidegate::router {

// Takes the credentials from the Authorization header, which may be Basic, Bearer user:pass or
// Bearer token. The address is the client's, even behind trusted proxies.
AuthRequest auth_request_of(http::Request const& request,
                            config::mediamtx::HttpListener const& listener, AuthAction action);

// Whether a client's address is that of a proxy that the configuration trusts.
bool is_trusted_proxy(std::string_view address, config::mediamtx::HttpListener const& listener);

// The TLS of an HTTP server; nullopt: it speaks in clear.
std::optional<net::TlsServerSettings> tls_of(config::mediamtx::HttpListener const& listener);
// "started with listener on :9997 (TCP/HTTPS)", for the log.
std::string started_line(config::mediamtx::HttpListener const& listener);

// Returns the answer to a CORS preflight. Nothing if the request is not one.
std::optional<http::Response> preflight(http::Request const& request, AuthAction action);

}  // namespace tidegate::router
