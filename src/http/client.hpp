// An HTTP/1.1 client for the control plane, in clear or over TLS. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/tls_client.hpp"

namespace tidegate::http {

namespace asio = boost::asio;

struct ClientRequest {
    std::string method = "GET";
    std::string url{};  // http://host[:port]/target, or https://
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
    std::chrono::milliseconds deadline{5'000};      // resolve, connect, send and receive together
    std::size_t max_body_bytes = 64 * 1024 * 1024;  // of the answer; a larger one is an error
    // Of an https:// URL: who is trusted. Null: the certificates of the system.
    std::shared_ptr<net::TlsClientContext const> tls{};
};

struct ClientResponse {
    unsigned status = 0;
    std::vector<std::pair<std::string, std::string>> headers{};  // names in lower case
    std::string body{};

    // Null: there is no such header. name: in lower case.
    std::string const* header(std::string_view name) const;
};

// The name and value of the header for basic authentication (RFC 7617).
std::pair<std::string, std::string> basic_authorization(std::string_view user,
                                                        std::string_view password);

// Keeps idle connections for each host, port and trust, and uses them again. If the server has
// closed such a connection meanwhile, an idempotent request is sent once more on a new one.
class Client {
public:
    Client();
    ~Client();
    // Sends the request and returns the answer, whatever its status is. No answer is an error, in a
    // sentence: "connect 127.0.0.1:9997: connection refused", "deadline of 5000 ms exceeded".
    asio::awaitable<std::expected<ClientResponse, std::string>> send(ClientRequest request);

    // Takes the bytes of a body as they come. False: that was enough; the connection is closed.
    using OnPiece = std::function<bool(std::string_view piece)>;
    // The same for an answer without an end, on a connection of its own. The request's deadline
    // ends with the header of the answer; after it, the server must not be silent for longer than
    // `idle`. The body of a 2xx answer goes to on_piece, without a limit, and is missing in the
    // result, which comes when it has ended. Other answers come whole. A body that breaks off is an
    // error. A server that is gone without a word is noticed after kDeadAfter.
    asio::awaitable<std::expected<ClientResponse, std::string>> stream(
        ClientRequest request, std::chrono::milliseconds idle, OnPiece on_piece);

private:
    class Impl;
    std::shared_ptr<Impl> impl_;  // also held by requests under way
};

// A machine that has vanished acknowledges nothing (TCP keep-alive: 15 s, then three probes).
inline constexpr std::chrono::seconds kDeadAfter{30};

}  // namespace tidegate::http
