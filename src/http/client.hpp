// An HTTP/1.1 client for the control plane, in clear or over TLS. A request has one deadline over
// everything, and a limit for the answer. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
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
};

// The name and value of the header for basic authentication (RFC 7617).
std::pair<std::string, std::string> basic_authorization(std::string_view user,
                                                        std::string_view password);

// Keeps one idle connection for each host, port and trust, and uses it again. If the server has
// closed that connection meanwhile, an idempotent request is sent once more on a new one.
class Client {
public:
    Client();
    ~Client();
    // Sends the request and returns the answer, whatever its status is. No answer is an error, in a
    // sentence: "connect 127.0.0.1:9997: connection refused", "deadline of 5000 ms exceeded".
    asio::awaitable<std::expected<ClientResponse, std::string>> send(ClientRequest request);

private:
    class Impl;
    std::shared_ptr<Impl> impl_;  // also held by requests under way
};

}  // namespace tidegate::http
