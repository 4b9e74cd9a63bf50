#include "router/auth/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "base/crypto/base64.hpp"
#include "base/random.hpp"
#include "config/credential.hpp"
#include "config/ip_network.hpp"

namespace tidegate::router {

namespace {

std::string sha256_base64(std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_Digest(text.data(), text.size(), digest, &length, EVP_sha256(), nullptr);
    return base::base64_encode({digest, length});
}

// In a time that tells nothing about where they differ.
bool equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// An empty credential lets everything through.
bool matches(std::string const& credential, std::string_view given) {
    if (credential.empty()) return true;
    if (credential.starts_with(config::kSha256Prefix)) {
        return equal(std::string_view(credential).substr(config::kSha256Prefix.size()),
                     sha256_base64(given));
    }
    return equal(credential, given);
}

bool depends_on_path(AuthAction action) {
    return action == AuthAction::publish || action == AuthAction::read ||
           action == AuthAction::playback;
}

}  // namespace

struct Permissions::Rule {
    AuthAction action;
    std::string path;
    std::shared_ptr<re2::RE2 const> expression;  // of "~..."

    bool allows(AuthRequest const& request) const {
        if (action != request.action) return false;
        if (!depends_on_path(action) || path.empty()) return true;
        if (expression != nullptr) return re2::RE2::PartialMatch(request.path, *expression);
        return path == request.path;
    }
};

std::expected<Permissions, std::string> Permissions::create(
    std::vector<config::mediamtx::Permission> const& given) {
    Permissions permissions;
    for (auto const& permission : given) {
        Rule rule{permission.action, permission.path, nullptr};
        if (permission.path.starts_with('~')) {
            auto const text = permission.path.substr(1);
            rule.expression = std::make_shared<re2::RE2 const>(text, re2::RE2::Quiet);
            if (!rule.expression->ok()) {
                return std::unexpected("invalid regular expression: " + text);
            }
        }
        permissions.rules_.push_back(std::make_shared<Rule const>(std::move(rule)));
    }
    return permissions;
}

bool Permissions::allow(AuthRequest const& request) const {
    return std::ranges::any_of(rules_, [&](auto const& rule) { return rule->allows(request); });
}

struct Authenticator::User {
    std::string name, password;
    std::vector<config::IpNetwork> networks;
    Permissions permissions;

    bool allows(AuthRequest const& request) const {
        bool const from_here =
            networks.empty() || std::ranges::any_of(networks, [&](auto const& network) {
                return network.contains(request.ip);
            });
        return from_here && permissions.allow(request);
    }
};

std::expected<Authenticator, std::string> Authenticator::create(
    config::mediamtx::Global const& global) {
    Authenticator authenticator;
    for (auto const& given : global.auth_internal_users) {
        auto user = std::make_shared<User>();
        user->name = given.user;
        user->password = given.pass;
        for (auto const& credential : {given.user, given.pass}) {
            if (auto problem = config::credential_problem(credential)) {
                return std::unexpected(std::move(*problem));
            }
        }
        for (auto const& text : given.ips) {
            auto network = config::IpNetwork::parse(text);
            if (!network) return std::unexpected(network.error());
            user->networks.push_back(*network);
        }
        auto permissions = Permissions::create(given.permissions);
        if (!permissions) return std::unexpected(std::move(permissions.error()));
        user->permissions = std::move(*permissions);
        authenticator.users_.push_back(std::move(user));
    }
    return authenticator;
}

AuthResult Authenticator::check(AuthRequest const& request) const {
    bool const allowed = std::ranges::any_of(users_, [&](auto const& user) {
        if (!user->allows(request)) return false;
        return user->name == "any" ||
               (matches(user->name, request.user) && matches(user->password, request.password));
    });
    if (allowed) return AuthResult::allowed;
    // A token means nothing to this method.
    bool const none = request.user.empty() && request.password.empty();
    return none ? AuthResult::credentials_missing : AuthResult::refused;
}

std::vector<std::string> Authenticator::digest_passwords(AuthRequest const& request) const {
    std::vector<std::string> passwords;
    for (auto const& user : users_) {
        bool const usable = !config::is_hashed(user->name) && !config::is_hashed(user->password);
        if (usable && user->name == request.user && user->allows(request)) {
            passwords.push_back(user->password);
        }
    }
    return passwords;
}

std::chrono::milliseconds auth_pause() {
    return std::chrono::milliseconds{base::random_bits() % 4001};
}

}  // namespace tidegate::router
