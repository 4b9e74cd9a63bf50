#include "router/auth/access_control.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "log/log.hpp"

namespace tidegate::router {

namespace {

net::TaskGroup::OnException log_failures() {
    return [](std::string const& name, std::string const& what) {
        log::write(log::Level::error, "task.failed", "[" + name + "] internal error: " + what);
    };
}

AuthDecision decision_of(std::expected<void, JwtRefusal> const& given) {
    if (given) return {AuthResult::allowed};
    return {given.error().no_token ? AuthResult::credentials_missing : AuthResult::refused,
            given.error().why};
}

}  // namespace

AccessControl::AccessControl(asio::io_context& control)
    : control_(control), questions_(control, log_failures()) {}

std::expected<void, std::string> AccessControl::configure(config::mediamtx::Global const& global) {
    auto rules = std::make_shared<Rules>();
    if (global.auth_method == config::mediamtx::AuthMethod::http) {
        auto http = HttpAuthenticator::create(global);
        if (!http) return std::unexpected(std::move(http.error()));
        rules->http = std::move(*http);
    } else if (global.auth_method == config::mediamtx::AuthMethod::jwt) {
        auto jwt = JwtAuthenticator::create(global);
        if (!jwt) return std::unexpected(std::move(jwt.error()));
        rules->jwt = std::move(*jwt);
    } else {
        auto users = Authenticator::create(global);
        if (!users) return std::unexpected(std::move(users.error()));
        rules->users = std::move(*users);
    }
    rules_.set(std::move(rules));
    return {};
}

void AccessControl::refresh_keys() {
    if (auto const rules = rules_.get(); rules->jwt) rules->jwt->forget_keys();
}

std::optional<AuthDecision> AccessControl::decide_now(Rules const& rules,
                                                      AuthRequest const& request) {
    if (rules.users) return AuthDecision{rules.users->check(request)};
    if (rules.jwt) {
        auto const decision = rules.jwt->check_now(request);
        return decision ? std::optional(decision_of(*decision)) : std::nullopt;
    }
    if (!rules.http) return AuthDecision{};  // not configured: nobody may do anything
    if (rules.http->excluded(request)) return AuthDecision{AuthResult::allowed};
    return std::nullopt;
}

std::optional<AuthDecision> AccessControl::check(AuthRequest request, Later later) {
    auto rules = rules_.get();
    if (auto decision = decide_now(*rules, request)) return decision;
    asio::post(control_, [this, rules = std::move(rules), request = std::move(request),
                          later = std::move(later)]() mutable {
        questions_.spawn("authentication",
                         answer(std::move(rules), std::move(request), std::move(later)));
    });
    return std::nullopt;
}

asio::awaitable<void> AccessControl::answer(std::shared_ptr<Rules const> rules, AuthRequest request,
                                            Later later) {
    auto decision = co_await ask(std::move(rules), std::move(request));
    if (!questions_.stopping()) later(std::move(decision));
}

asio::awaitable<AuthDecision> AccessControl::decide(AuthRequest request) {
    auto const rules = rules_.get();
    if (auto decision = decide_now(*rules, request)) co_return *std::move(decision);
    co_return co_await ask(rules, std::move(request));
}

asio::awaitable<AuthDecision> AccessControl::ask(std::shared_ptr<Rules const> rules,
                                                 AuthRequest request) {
    if (*asking_ >= kMaxAuthQuestions) {
        co_return AuthDecision{AuthResult::refused, "too many authentication requests are waiting"};
    }
    struct Count {
        std::shared_ptr<std::size_t> asking;
        explicit Count(std::shared_ptr<std::size_t> counter) : asking(std::move(counter)) {
            ++*asking;
        }
        ~Count() { --*asking; }
    } const counted(asking_);
    if (rules->jwt) co_return decision_of(co_await rules->jwt->check(std::move(request), client_));
    co_return co_await ask_server(*rules, request);
}

asio::awaitable<AuthDecision> AccessControl::ask_server(Rules const& rules,
                                                        AuthRequest const& request) {
    auto const answer = co_await client_.send(rules.http->question(request));
    auto why = auth_http_refusal(answer);
    if (why.empty()) co_return AuthDecision{AuthResult::allowed};
    bool const none = request.user.empty() && request.password.empty() && token_of(request).empty();
    co_return AuthDecision{none ? AuthResult::credentials_missing : AuthResult::refused,
                           std::move(why)};
}

std::vector<std::string> AccessControl::digest_passwords(AuthRequest const& request) const {
    auto const rules = rules_.get();
    return rules->users ? rules->users->digest_passwords(request) : std::vector<std::string>{};
}

asio::awaitable<void> AccessControl::stop() {
    questions_.stop();
    co_await questions_.join();
}

}  // namespace tidegate::router
