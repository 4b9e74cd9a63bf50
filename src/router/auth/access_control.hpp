// Decides who may do what, by the configured authMethod. With internal users the answer is there at
// once. With an authentication server, the question is sent from the control loop; while the server
// is slow, only the clients that it is asked about wait. The same holds for the keys that verify
// tokens. The router owns it; it outlives all
// sessions.
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
#include "router/auth/auth_jwt.hpp"
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

    // Puts a configuration in force. Requests that are being decided are decided by the one before.
    // The error is a sentence about what is wrong with the users. Any thread.
    std::expected<void, std::string> configure(config::mediamtx::Global const& global);

    // Returns the decision if there is one at once. If it returns nothing, `later` is called once
    // with the decision, on the control loop, unless stop() is called before. Any thread.
    using Later = std::function<void(AuthDecision)>;
    std::optional<AuthDecision> check(AuthRequest request, Later later);

    // Waits for the decision. For coroutines on the control loop.
    asio::awaitable<AuthDecision> decide(AuthRequest request);

    // As Authenticator::digest_passwords. Empty with the other methods: a server, or whoever
    // verifies a token, has to be told it, which digest does not do. Any thread.
    std::vector<std::string> digest_passwords(AuthRequest const& request) const;

    // With authMethod jwt: the next token is verified with keys that are fetched anew. Any thread.
    void refresh_keys();

    // Cancels the questions that are under way. On the control loop.
    asio::awaitable<void> stop();

private:
    struct Rules {
        // One of the three is set.
        std::optional<Authenticator> users;
        std::optional<HttpAuthenticator> http;
        std::shared_ptr<JwtAuthenticator> jwt;
    };
    static std::optional<AuthDecision> decide_now(Rules const& rules, AuthRequest const& request);
    asio::awaitable<void> answer(std::shared_ptr<Rules const> rules, AuthRequest request,
                                 Later later);
    asio::awaitable<AuthDecision> ask_server(Rules const& rules, AuthRequest const& request);
    asio::awaitable<AuthDecision> ask(std::shared_ptr<Rules const> rules, AuthRequest request);

    asio::io_context& control_;
    net::TaskGroup questions_;  // the control loop only, like client_ and asking_
    http::Client client_;
    std::shared_ptr<std::size_t> asking_ = std::make_shared<std::size_t>(0);  // outlives questions
    Snapshot<Rules> rules_{std::make_shared<Rules>()};
};

}  // namespace tidegate::router
