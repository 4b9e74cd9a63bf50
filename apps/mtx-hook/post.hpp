// One HTTP POST, in clear or over TLS, with one deadline over resolving, connecting, sending and
// the answer. Blocks the caller; no retry: media-service looks at the router's own list anyway.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "event.hpp"
#include "socket.hpp"

namespace tidegate::hook {

// A receiver on the same network answers within milliseconds; the router waits for its hooks when
// it stops, so a dead receiver must not hold it for long.
inline constexpr std::chrono::milliseconds kDeadline{5'000};

// Whom to trust with https://. Both empty: the certificates of the system.
struct Trust {
    std::string ca_file;      // these certificates, and no others
    std::string fingerprint;  // the SHA-256 of the one certificate that is accepted
};

struct Target {
    std::string host;      // a name or an address, without brackets
    std::string port;      // decimal
    std::string header;    // for Host:
    std::string prefix;    // of the path, without a trailing slash
    bool secure = false;   // https://
    Trust trust{};         // then
    std::string secret{};  // with which events are signed (sign.hpp); empty: they are not
};

std::expected<Target, Error> parse_target(std::string_view url);

// What only mtx-hook-secure can do (sign.hpp, secure.hpp).
struct Security {
    std::string (*sign)(std::string_view secret, std::int64_t seconds, std::string_view path,
                        std::string_view body);
    // Shakes hands. host: the certificate must be for this name or address.
    std::expected<std::unique_ptr<Wire>, Error> (*encrypt)(Socket socket, std::string const& host,
                                                           Trust const& trust);
};
// True: the target cannot be posted to without it.
bool needs_security(Target const& target);

// what: the path below the target's prefix, beginning with a slash. security: nullptr if the target
// does not need it.
std::expected<void, Error> post(Target const& target, std::string_view what, std::string body,
                                std::string_view correlation_id, Security const* security,
                                std::chrono::milliseconds deadline = kDeadline);

}  // namespace tidegate::hook
