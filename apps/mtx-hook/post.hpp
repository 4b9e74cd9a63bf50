// One HTTP POST, in clear or over TLS, with one deadline over resolving, connecting, sending and
// the answer. Blocks the caller; no retry: media-service looks at the router's own list anyway.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "event.hpp"
#include "secure.hpp"

namespace tidegate::hook {

// A receiver on the same network answers within milliseconds; the router waits for its hooks when
// it stops, so a dead receiver must not hold it for long.
inline constexpr std::chrono::milliseconds kDeadline{5'000};

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

// what: the path below the target's prefix, beginning with a slash.
std::expected<void, Error> post(Target const& target, std::string_view what, std::string body,
                                std::string_view correlation_id,
                                std::chrono::milliseconds deadline = kDeadline);

}  // namespace tidegate::hook
