// The one HTTP/1.1 server of all programs: routes, limits, deadlines, graceful stop (Boost.Beast).
// Lives on one event loop; handlers run there and must not block.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "http/page_guard.hpp"

namespace tidegate::http {

// Why the server itself refuses a request, before or instead of a handler.
enum class Refusal {
    bad_request,         // 400: not HTTP, conflicting framing, bad target encoding, bare LF
    foreign_page,        // 403: a web page may have sent it that has no business here
    not_found,           // 404
    method_not_allowed,  // 405 (allow lists what the path takes)
    length_required,     // 411
    body_too_large,      // 413
    headers_too_large,   // 431
    request_timeout,     // 408
    internal_error,      // 500: a handler threw; already logged
    overloaded,          // 503: too many connections
};

struct Limits {
    std::size_t header_bytes = 8 * 1024;  // more than any client of ours sends
    std::size_t body_bytes = 64 * 1024;   // as much as a hook may have
    std::size_t connections = 4096;       // in all; the next one is refused and closed
    std::chrono::milliseconds header_deadline{10'000};  // whole header, from its first byte
    std::chrono::milliseconds body_deadline{10'000};    // whole body
    std::chrono::milliseconds idle_deadline{30'000};    // between two requests
    std::chrono::milliseconds write_deadline{10'000};   // per write
};

struct RefusalInfo {
    unsigned status;
    std::string_view allow;   // only for method_not_allowed, e.g. "GET, HEAD"
    std::string_view detail;  // a sentence
    Request const* request;   // null before a request was parsed
};

struct ServerSettings {
    std::string address{};  // see net::parse_listen_address
    Limits limits{};
    std::string server_header{};  // "Server:", empty for none
    PageRules pages{};            // which web pages may ask; looked at before the gate
    // Builds the body of a refusal (problem details here, MediaMTX's form there). REQUIRED.
    std::function<Response(Refusal, RefusalInfo const&)> refuse{};
    // Runs before routing, on every parsed request, and may wait (authentication): a response ends
    // it there (CORS preflight). Other connections go on meanwhile. May be empty.
    std::function<asio::awaitable<std::optional<Response>>(Request const&)> gate{};
    // Runs on every response of a handler or refusal just before it is sent (common headers). May
    // be empty.
    std::function<void(Request const*, Response&)> after{};
    // HEAD is answered by the GET route; a POST, PUT or PATCH without Content-Length or chunked
    // encoding is refused with 411 when true.
    bool require_length = true;
};

class Server {
public:
    Server(asio::io_context& io, ServerSettings settings);
    ~Server();
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;

    // pattern: "/v1/streams/{id}" (one segment) or "/v3/paths/get/{name...}" (the rest, may hold
    // slashes, encoded or not). Fixed patterns win over captured ones. Before start() only.
    void route(std::string_view method, std::string_view pattern, Handler handler);

    // Binds and starts to accept; the error is a sentence like "listen tcp :9997: bind: address
    // already in use".
    std::expected<void, std::string> start();
    unsigned short port() const;  // the bound one, for address ":0"

    // Refuses new connections, lets running requests end (until the deadline), then closes all.
    asio::awaitable<void> stop(std::chrono::milliseconds deadline);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::http
