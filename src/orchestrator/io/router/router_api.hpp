// Asks the router's Control API. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/client.hpp"
#include "net/tls_client.hpp"
#include "orchestrator/core/login.hpp"

namespace tidegate::orchestrator {

struct RouterAnswer {
    unsigned status = 0;
    std::string body;
};

// Where the router's HTTP servers are, and how one logs in there.
struct RouterAccess {
    std::string url;  // of the Control API: "http://127.0.0.1:9997", or https://
    Login login;
    // Of an https:// URL; null: the system's certificates.
    std::shared_ptr<net::TlsClientContext const> tls{};
};

class RouterApi {
public:
    // deadline: for each request. most_bytes: of an answer.
    RouterApi(RouterAccess access, std::chrono::milliseconds deadline,
              std::size_t most_bytes = http::ClientRequest{}.max_body_bytes);

    // The answer, whatever its status is; but if the router does not take our password, that is an
    // error, in a sentence, like no answer. body: JSON, or empty.
    boost::asio::awaitable<std::expected<RouterAnswer, std::string>> send(std::string method,
                                                                          std::string path,
                                                                          std::string body = {});

    // The body of the answer to GET <path>, if its status is 200. The error is a sentence.
    boost::asio::awaitable<std::expected<std::string, std::string>> get(std::string path);

private:
    std::string const url_;
    std::shared_ptr<net::TlsClientContext const> const tls_;
    std::vector<std::pair<std::string, std::string>> headers_;
    std::chrono::milliseconds const deadline_;
    std::size_t const most_bytes_;
    http::Client client_;
};

}  // namespace tidegate::orchestrator
