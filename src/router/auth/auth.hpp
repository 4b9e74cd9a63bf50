// Who may publish, read, or use the API, metrics and playback by the configuration's own users
// (contract §8, authMethod internal). Immutable after create(); any thread; never blocks.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/mediamtx/conf.hpp"

namespace tidegate::router {

using config::mediamtx::AuthAction;

struct AuthRequest {
    AuthAction action = AuthAction::publish;
    std::string path{};   // of publish, read and playback
    std::string query{};  // raw
    std::string user{};
    std::string password{};
    std::string token{};
    std::string ip{};        // without port
    std::string protocol{};  // rtsp, rtmp, or empty for the HTTP servers
    std::string id{};        // of the connection or RTSP session; empty for the HTTP servers
    std::string user_agent{};
};

enum class AuthResult {
    allowed,
    // No credentials were given: the client may be asked (401), at once and without a log line.
    credentials_missing,
    // Wrong ones: WAR "<prefix> failed to authenticate: <why>", then auth_pause().
    refused,
};

inline constexpr std::string_view kAuthenticationFailed = "authentication failed";

// What authInternalUsers and authHTTPExclude list: actions, and for some of them paths.
class Permissions {
public:
    // The error is a sentence about a bad expression.
    static std::expected<Permissions, std::string> create(
        std::vector<config::mediamtx::Permission> const& given);

    bool allow(AuthRequest const& request) const;

private:
    struct Rule;
    std::vector<std::shared_ptr<Rule const>> rules_;
};

class Authenticator {
public:
    // The error is a sentence, e.g. of a bad expression or an unsupported hash.
    static std::expected<Authenticator, std::string> create(config::mediamtx::Global const& global);

    AuthResult check(AuthRequest const& request) const;

    // The plain password of a user for RTSP digest: every candidate for that user name, action and
    // path; hashed ones cannot be used with digest and are left out.
    std::vector<std::string> digest_passwords(AuthRequest const& request) const;

private:
    struct User;
    std::vector<std::shared_ptr<User const>> users_;
};

// Uniformly random 0-4 s before a refusal is answered, so that guessing is slow (§8). Wait on a
// timer.
std::chrono::milliseconds auth_pause();

}  // namespace tidegate::router
