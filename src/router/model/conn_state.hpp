// What a connection or session is doing, as every protocol's items show it (contract §4.6, §4.8).
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
