#include "orchestrator/io/router/router_api.hpp"

namespace tidegate::orchestrator {

RouterApi::RouterApi(RouterAccess access, std::chrono::milliseconds deadline,
                     std::size_t most_bytes)
    : url_(std::move(access.url)),
      tls_(std::move(access.tls)),
      deadline_(deadline),
      most_bytes_(most_bytes) {
    if (access.login.password.empty()) return;
    headers_.push_back(http::basic_authorization(access.login.user, access.login.password));
}

boost::asio::awaitable<std::expected<RouterAnswer, std::string>> RouterApi::send(std::string method,
                                                                                 std::string path,
                                                                                 std::string body) {
    http::ClientRequest request;
    request.method = std::move(method);
    request.url = url_ + path;
    request.headers = headers_;
    request.tls = tls_;
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    request.body = std::move(body);
    request.deadline = deadline_;
    request.max_body_bytes = most_bytes_;
    auto response = co_await client_.send(std::move(request));
    if (!response) co_return std::unexpected(response.error());
    if (response->status == 401) {
        co_return std::unexpected(
            "the router answered 401: ROUTER_API_USER and ROUTER_API_PASSWORD are not what its "
            "configuration asks for");
    }
    co_return RouterAnswer{response->status, std::move(response->body)};
}

boost::asio::awaitable<std::expected<std::string, std::string>> RouterApi::get(std::string path) {
    auto answer = co_await send("GET", std::move(path));
    if (!answer) co_return std::unexpected(answer.error());
    if (answer->status != 200) {
        co_return std::unexpected("the router answered " + std::to_string(answer->status));
    }
    co_return std::move(answer->body);
}

}  // namespace tidegate::orchestrator
