// The HTTP/1.1 server of all our programs, on Boost.Beast: routes, limits, deadlines, and a stop
// that lets requests end. One event loop; handlers run on it and must not block.
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
#include "net/tls_server.hpp"

namespace tidegate::http {

// Why the server itself refuses a request. No handler has answered it then.
enum class Refusal {
    bad_request,         // 400: not HTTP, two lengths, a bare line feed, a bad target
    foreign_page,        // 403: a web page of another origin may have sent it (page_guard.hpp)
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
    std::size_t header_bytes = 8 * 1024;                // more than any client of ours sends
    std::size_t body_bytes = 64 * 1024;                 // as much as a hook may have
    std::size_t connections = 4096;                     // further ones are answered 503 and closed
    std::chrono::milliseconds header_deadline{10'000};  // for a header, from its first byte
    std::chrono::milliseconds body_deadline{10'000};    // for a body, from the end of its header
    std::chrono::milliseconds idle_deadline{30'000};    // without a request
    std::chrono::milliseconds write_deadline{10'000};   // for the client to take some bytes
    // In bytes a second. A client that takes an answer more slowly is cut off: it keeps the answer
    // in memory. No stream is as thin as that, and no list of ours so long that it matters.
    std::size_t slowest_rate = 16 * 1024;
};

struct RefusalInfo {
    unsigned status;
    std::string_view allow;   // for method_not_allowed: the methods of the path, "GET, HEAD"
    std::string_view detail;  // a sentence
    Request const* request;   // null: no request line has been read
};

struct ServerSettings {
    std::string address{};  // see net::parse_listen_address
    Limits limits{};
    // The certificate, and its key. The server watches both files, and uses a new pair for the
    // connections that follow. nullopt: it speaks in clear.
    std::optional<net::TlsServerSettings> tls{};
    std::string server_header{};  // the value of the header Server; empty: there is none
    PageRules pages{};            // which web pages may ask; checked before the gate
    // REQUIRED. Makes the response to a request that the server refuses. Its form is the program's:
    // problem details (RFC 9457), or MediaMTX's.
    std::function<Response(Refusal, RefusalInfo const&)> refuse{};
    // Called for each request once its header is there, before routing; may be empty. For
    // authentication: it may wait, and other connections go on meanwhile. If it returns a response,
    // that is the answer, and no handler is called; nullopt: the request goes on.
    std::function<asio::awaitable<std::optional<Response>>(Request const&)> gate{};
    // Answers every request, in place of the routes. May be empty.
    WaitingHandler handle{};
    // Called for each response just before it is sent, to add headers that all have. The request is
    // null if no request line has been read. May be empty.
    std::function<void(Request const*, Response&)> after{};
    // True: a POST, PUT or PATCH without Content-Length and without chunked encoding gets 411.
    bool require_length = true;
};

class Server {
public:
    Server(asio::io_context& io, ServerSettings settings);
    ~Server();
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;

    // Adds a handler (routes.hpp). pattern: "/v1/streams/{id}" (one segment), or
    // "/v3/paths/get/{name...}" (the rest, with slashes). Also answers HEAD if the method is GET.
    // Before start() only.
    void route(std::string_view method, std::string_view pattern, WaitingHandler handler);

    // Listens, and begins to accept on the server's loop. Any thread, also while the loop runs on
    // another. The error is a sentence: "listen tcp :9997: bind: address already in use", or what
    // TlsServerContext::load() says.
    std::expected<void, std::string> start();
    unsigned short port() const;  // the one that it listens on, for address ":0"

    // Accepts no more connections, waits until the requests under way are answered, at most until
    // the deadline, and closes all connections.
    asio::awaitable<void> stop(std::chrono::milliseconds deadline);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::http
