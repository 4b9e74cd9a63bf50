#include "forwarder/failure.hpp"

#include <algorithm>
#include <array>

#include "base/lower_case.hpp"

namespace tidegate::forwarder {

namespace {

// What servers say when user, password or key are wrong: MediaMTX and media-router
// (Publish.Unauthorized), Adobe's and Wowza's logins (authfailed, nosuchuser, code=403), Twitch
// (Authenticate.Failed), and platforms in their own words.
constexpr std::array<std::string_view, 10> kWrongCredentials{
    "unauthorized", "authenticat", "authfailed", "nosuchuser",       "code=403",
    "authmod",      "badauth",     "denied",     "invalid stream k", "not authorized"};

bool tells_of_credentials(endpoint::PublishEnd const& end) {
    auto const words = base::lower_case(end.code + " " + end.description);
    return std::ranges::any_of(kWrongCredentials,
                               [&](std::string_view sign) { return words.contains(sign); });
}

FailureKind kind_of(endpoint::PublishEnd const& end, Attempt attempt) {
    if (attempt.forbidden) return FailureKind::address;
    if (!end.connected) return FailureKind::connect;
    if (attempt.stalled) return FailureKind::stalled;
    if (end.refused && tells_of_credentials(end)) return FailureKind::credentials;
    if (end.refused && !attempt.accepted) return FailureKind::refused;
    if (attempt.accepted) return FailureKind::closed;
    return FailureKind::timeout;
}

}  // namespace

std::string_view name(FailureKind kind) {
    static constexpr std::array<std::string_view, 7> kNames{
        "address", "connect", "credentials", "refused", "stalled", "timeout", "closed"};
    return kNames.at(static_cast<std::size_t>(kind));
}

Failure classify(endpoint::PublishEnd const& end, Attempt attempt) {
    return {kind_of(end, attempt), end.reason};
}

}  // namespace tidegate::forwarder
