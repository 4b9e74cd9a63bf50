// authMethod internal: which of the configuration's users may publish, read, or use the Control
// API, the metrics and playback. Immutable after create(); any thread; never blocks.
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
    // The client gave no credentials. It may be asked for them (401), at once and without a log
    // line.
    credentials_missing,
    // They are wrong. The log gets "<prefix> failed to authenticate: <why>" as a warning, and the
    // client waits for auth_pause().
    refused,
};

inline constexpr std::string_view kAuthenticationFailed = "authentication failed";

// A list of permissions, as a user of authInternalUsers has it, or authHTTPExclude: actions, and
// for some of them paths.
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

    // Returns the plain passwords with which a client may prove itself over RTSP digest: those of
    // all users with this name who may do what is asked. Hashed passwords cannot be used with
    // digest and are left out.
    std::vector<std::string> digest_passwords(AuthRequest const& request) const;

private:
    struct User;
    std::vector<std::shared_ptr<User const>> users_;
};

// Returns how long a refused client has to wait for its answer, so that guessing is slow: between 0
// and 4 s, at random.
std::chrono::milliseconds auth_pause();

}  // namespace tidegate::router
