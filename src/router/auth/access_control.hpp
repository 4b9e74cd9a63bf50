// Decides every request for access by the configured authMethod: by the configuration's users at
// once, or by asking a HTTP server from the control loop, so that a slow one keeps only those
// waiting who ask. Owned by the router; outlives all sessions.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/task_group.hpp"
#include "router/auth/auth.hpp"
#include "router/auth/auth_http.hpp"
#include "router/model/snapshot.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

struct AuthDecision {
    AuthResult result = AuthResult::refused;
    std::string why{kAuthenticationFailed};  // of a refusal, for the log
};

class AccessControl {
public:
    explicit AccessControl(asio::io_context& control);

    // Puts a configuration in force; what is being decided ends by the one before. Any thread.
    std::expected<void, std::string> configure(config::mediamtx::Global const& global);

    // The decision, or nothing: then `later` is called once, on the control loop, unless stop()
    // comes first. Any thread.
    using Later = std::function<void(AuthDecision)>;
    std::optional<AuthDecision> check(AuthRequest request, Later later);

    // The same for a coroutine on the control loop.
    asio::awaitable<AuthDecision> decide(AuthRequest request);

    // See Authenticator; none with authMethod http, which cannot be used with digest. Any thread.
    std::vector<std::string> digest_passwords(AuthRequest const& request) const;

    // Gives up what is being asked. The control loop.
    asio::awaitable<void> stop();

private:
    struct Rules {
        std::optional<Authenticator> users;  // one of the two
        std::optional<HttpAuthenticator> http;
    };
    static std::optional<AuthDecision> decide_now(Rules const& rules, AuthRequest const& request);
    asio::awaitable<void> answer(std::shared_ptr<Rules const> rules, AuthRequest request,
                                 Later later);
    asio::awaitable<AuthDecision> ask(std::shared_ptr<Rules const> rules, AuthRequest request);

    asio::io_context& control_;
    net::TaskGroup questions_;  // the control loop only, like client_ and asking_
    http::Client client_;
    std::shared_ptr<std::size_t> asking_ = std::make_shared<std::size_t>(0);  // outlives questions
    Snapshot<Rules> rules_{std::make_shared<Rules>()};
};

}  // namespace tidegate::router
