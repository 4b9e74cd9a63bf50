// A small HTTP/1.1 client for the control plane: one request, one deadline over everything, bounded
// answer.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::http {

namespace asio = boost::asio;

struct ClientRequest {
    std::string method = "GET";
    std::string url{};  // http://host[:port]/target
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
    std::chrono::milliseconds deadline{5'000};  // resolve, connect, send and receive together
    std::size_t max_body_bytes = 64 * 1024 * 1024;
};

struct ClientResponse {
    unsigned status = 0;
    std::vector<std::pair<std::string, std::string>> headers{};  // names in lower case
    std::string body{};
};

// The header of HTTP's basic authentication (RFC 7617).
std::pair<std::string, std::string> basic_authorization(std::string_view user,
                                                        std::string_view password);

// Keeps one idle connection per host and port and uses it again. One event loop.
class Client {
public:
    Client();
    ~Client();
    // The error is a sentence: "connect 127.0.0.1:9997: connection refused", "deadline of 5000 ms
    // exceeded".
    asio::awaitable<std::expected<ClientResponse, std::string>> send(ClientRequest request);

private:
    class Impl;
    std::shared_ptr<Impl> impl_;  // also held by requests under way
};

}  // namespace tidegate::http
