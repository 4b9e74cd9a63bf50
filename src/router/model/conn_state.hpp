// What a connection or session is doing, as the Control API shows it for every protocol.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidegate::router {

enum class ConnState : std::uint8_t { idle, read, publish };

constexpr std::string_view state_name(ConnState state) {
    if (state == ConnState::read) return "read";
    return state == ConnState::publish ? "publish" : "idle";
}

}  // namespace tidegate::router
