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

}  // namespace

AccessControl::AccessControl(asio::io_context& control)
    : control_(control), questions_(control, log_failures()) {}

std::expected<void, std::string> AccessControl::configure(config::mediamtx::Global const& global) {
    auto rules = std::make_shared<Rules>();
    if (global.auth_method == config::mediamtx::AuthMethod::http) {
        auto http = HttpAuthenticator::create(global);
        if (!http) return std::unexpected(std::move(http.error()));
        rules->http = std::move(*http);
    } else {
        auto users = Authenticator::create(global);
        if (!users) return std::unexpected(std::move(users.error()));
        rules->users = std::move(*users);
    }
    rules_.set(std::move(rules));
    return {};
}

std::optional<AuthDecision> AccessControl::decide_now(Rules const& rules,
                                                      AuthRequest const& request) {
    if (rules.users) return AuthDecision{rules.users->check(request)};
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
    auto const answer = co_await client_.send(rules->http->question(request));
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
