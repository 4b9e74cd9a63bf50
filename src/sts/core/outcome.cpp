#include "sts/core/outcome.hpp"

#include <array>
#include <cstddef>

#include "sts/core/client_types.hpp"

namespace tidegate::sts {

std::string_view name_of(FailureReason reason) {
    constexpr std::array<std::string_view, kFailureReasons> kNames{
        "not_connected", "breaker_open",    "paused",         "in_flight_full", "too_large",
        "timed_out",     "connection_lost", "service_failed", "no_audio",       "stopped"};
    return kNames[static_cast<std::size_t>(reason)];
}

std::string_view name_of(ClientState state) {
    constexpr std::array<std::string_view, 8> kNames{
        "connecting", "ready", "paused", "breaker_open", "waiting", "refused", "ending", "ended"};
    return kNames[static_cast<std::size_t>(state)];
}

}  // namespace tidegate::sts
