#include "router/auth/auth_jwt.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "rtmp/core/stream_address.hpp"

namespace tidegate::router {

namespace {

http::ClientRequest question_of(config::mediamtx::Global const& global,
                                std::shared_ptr<net::TlsClientContext const> tls) {
    http::ClientRequest question;
    question.url = global.auth_jwt_jwks;
    question.headers = {{"Connection", "close"}};  // once an hour
    question.deadline = std::chrono::duration_cast<std::chrono::milliseconds>(global.read_timeout);
    question.max_body_bytes = kMaxJwksBytes;
    question.tls = std::move(tls);
    return question;
}

bool is_http(AuthRequest const& request) {
    return request.protocol != "rtsp" && request.protocol != "rtmp";
}

}  // namespace

JwtAuthenticator::JwtAuthenticator(config::mediamtx::Global const& global,
                                   std::shared_ptr<net::TlsClientContext const> tls)
    : question_(question_of(global, std::move(tls))),
      rules_{global.auth_jwt_claim_key, global.auth_jwt_issuer, global.auth_jwt_audience},
      in_http_query_(global.auth_jwt_in_http_query) {}

std::expected<std::shared_ptr<JwtAuthenticator>, std::string> JwtAuthenticator::create(
    config::mediamtx::Global const& global) {
    auto exclude = Permissions::create(global.auth_jwt_exclude);
    if (!exclude) return std::unexpected(std::move(exclude.error()));
    auto trust = trust_for(global.auth_jwt_jwks, global.auth_jwt_jwks_fingerprint);
    if (!trust) return std::unexpected(std::move(trust.error()));
    std::shared_ptr<JwtAuthenticator> made(new JwtAuthenticator(global, *std::move(trust)));
    made->exclude_ = *std::move(exclude);
    return made;
}

std::string JwtAuthenticator::token_of(AuthRequest const& request) const {
    if (!request.token.empty()) return request.token;
    if (!request.password.empty()) return request.password;
    if (is_http(request) && !in_http_query_) return {};
    return rtmp::read_query_credentials(request.query).token;
}

std::expected<void, JwtRefusal> JwtAuthenticator::judge(AuthRequest const& request,
                                                        JwtKeys const& keys) const {
    auto const claims = read_jwt(token_of(request), keys, rules_, std::chrono::system_clock::now());
    if (!claims) return std::unexpected(JwtRefusal{claims.error()});
    if (claims->permissions.allow(request)) return {};
    return std::unexpected(JwtRefusal{"user doesn't have permission to perform action"});
}

std::optional<std::expected<void, JwtRefusal>> JwtAuthenticator::check_now(
    AuthRequest const& request) const {
    using Decision = std::expected<void, JwtRefusal>;
    if (exclude_.allow(request)) return Decision{};
    // Without a token, nobody needs the keys.
    if (token_of(request).empty()) {
        return std::unexpected(
            JwtRefusal{"JWT not provided", request.user.empty() && request.password.empty()});
    }
    auto const keys = fresh_keys();
    if (keys == nullptr) return std::nullopt;
    return judge(request, *keys);
}

asio::awaitable<std::expected<void, JwtRefusal>> JwtAuthenticator::check(AuthRequest request,
                                                                         http::Client& client) {
    if (auto decision = check_now(request)) co_return *std::move(decision);
    auto const keys = co_await fetch(client);
    if (!keys) co_return std::unexpected(JwtRefusal{keys.error()});
    co_return judge(request, **keys);
}

std::shared_ptr<JwtKeys const> JwtAuthenticator::fresh_keys() const {
    auto const fetched = fetched_.get();
    bool const old = fetched->keys == nullptr || Clock::now() - fetched->at >= kJwksLifetime;
    return old ? nullptr : fetched->keys;
}

void JwtAuthenticator::forget_keys() {
    fetched_.set(std::make_shared<Fetched const>());
}

asio::awaitable<void> JwtAuthenticator::wait_for_fetch() {
    auto const shared = under_way_;
    boost::system::error_code woken;
    co_await shared->async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

asio::awaitable<std::expected<std::shared_ptr<JwtKeys const>, std::string>> JwtAuthenticator::fetch(
    http::Client& client) {
    if (under_way_ != nullptr) {
        co_await wait_for_fetch();
        if (auto keys = fresh_keys()) co_return keys;
        co_return std::unexpected(last_error_);
    }
    struct UnderWay {  // also if this is cancelled
        JwtAuthenticator& owner;
        ~UnderWay() { std::exchange(owner.under_way_, nullptr)->cancel(); }
    };
    under_way_ = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor,
                                                      asio::steady_timer::time_point::max());
    UnderWay const under_way{*this};
    last_error_ = "the request for the keys was given up";
    auto const answer = co_await client.send(question_);
    if (!answer) {
        last_error_ = "the keys cannot be fetched: " + answer.error();
        co_return std::unexpected(last_error_);
    }
    auto keys = JwtKeys::parse(answer->body);
    if (!keys) {
        last_error_ = "the keys cannot be used: " + keys.error();
        co_return std::unexpected(last_error_);
    }
    auto shared = std::make_shared<JwtKeys const>(*std::move(keys));
    fetched_.set(std::make_shared<Fetched const>(shared, Clock::now()));
    co_return shared;
}

}  // namespace tidegate::router
