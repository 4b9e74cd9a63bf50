// authMethod jwt: what a request's token allows. The keys come from the identity server, and are
// good for an hour, as in MediaMTX. Many who need them at once share one request for them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/client.hpp"
#include "router/auth/auth.hpp"
#include "router/auth/auth_http.hpp"
#include "router/auth/jwt.hpp"
#include "router/model/snapshot.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

inline constexpr std::chrono::hours kJwksLifetime{1};

// A refusal: why, for the log, and whether the client has shown a token at all.
struct JwtRefusal {
    std::string why;
    bool no_token = false;
};

class JwtAuthenticator {
public:
    // The error is a sentence, such as that of a bad expression.
    static std::expected<std::shared_ptr<JwtAuthenticator>, std::string> create(
        config::mediamtx::Global const& global);

    // The decision if it can be had at once: the keys are there, or are not needed. Any thread.
    std::optional<std::expected<void, JwtRefusal>> check_now(AuthRequest const& request) const;
    // Fetches the keys if they are older than an hour, then decides. On the control loop only.
    asio::awaitable<std::expected<void, JwtRefusal>> check(AuthRequest request,
                                                           http::Client& client);
    // The next request that needs the keys fetches them. Any thread.
    void forget_keys();

private:
    using Clock = std::chrono::steady_clock;
    struct Fetched {
        std::shared_ptr<JwtKeys const> keys;  // null: there are none
        Clock::time_point at;
    };
    JwtAuthenticator(config::mediamtx::Global const& global,
                     std::shared_ptr<net::TlsClientContext const> tls);

    std::expected<void, JwtRefusal> judge(AuthRequest const& request, JwtKeys const& keys) const;
    std::string token_of(AuthRequest const& request) const;
    std::shared_ptr<JwtKeys const> fresh_keys() const;
    asio::awaitable<std::expected<std::shared_ptr<JwtKeys const>, std::string>> fetch(
        http::Client& client);
    asio::awaitable<void> wait_for_fetch();

    http::ClientRequest const question_;
    JwtRules const rules_;
    bool const in_http_query_;
    Permissions exclude_;
    Snapshot<Fetched> fetched_{std::make_shared<Fetched const>()};
    // The control loop only: those who wait for the request that is under way.
    std::shared_ptr<asio::steady_timer> under_way_;
    std::string last_error_;
};

}  // namespace tidegate::router
