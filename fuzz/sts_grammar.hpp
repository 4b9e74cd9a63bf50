// Messages that a service or a client may send, whole or damaged, for the targets of sessions.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "script.hpp"

namespace tidegate::fuzz {

inline constexpr std::array<std::string_view, 16> kServiceMessages{
    R"(0{"sid":"A","pingTimeout":10000,"pingInterval":25000})",
    R"(40{"sid":"B"})",
    R"(42["stream:ready",{"max_inflight":3,"capabilities":["x"]}])",
    R"(42["stream:ready",{"max_inflight":10}])",
    R"(42["fragment:processed",{"fragment_id":"id#","status":"success","dubbed_audio":{"data_base64":"AAEC"}}])",
    R"(42["fragment:processed",{"sequence_number":#,"status":"partial","dubbed_audio":{"data_base64":"AAEC"}}])",
    R"(42["fragment:processed",{"fragment_id":"id#","status":"failed","error":{"code":"TIMEOUT"}}])",
    R"(42["fragment:processed",{"fragment_id":"id#","status":"success","dubbed_audio":null}])",
    R"(42["backpressure",{"action":"pause"}])",
    R"(42["backpressure",{"action":"slow_down","recommended_delay_ms":#00}])",
    R"(42["backpressure",{"action":"none"}])",
    R"(42["error",{"code":"QUEUE_FULL","fragment_id":"id#"}])",
    R"(42["error",{"code":"INVALID_SEQUENCE"}])",
    R"(42["stream:complete",{"statistics":null}])",
    "2",
    "41"};

inline constexpr std::array<std::string_view, 12> kClientMessages{
    "40",
    R"(42["stream:init",{"stream_id":"s","worker_id":"w","config":{"source_language":"en","target_language":"es"}}])",
    R"(42["fragment:data",{"fragment_id":"id#","stream_id":"s","sequence_number":#,"audio":{"format":"m4a","sample_rate_hz":8000,"channels":1,"duration_ms":100,"data_base64":"AAEC"}}])",
    R"(421["fragment:data",{"fragment_id":"id#","stream_id":"s","sequence_number":0,"audio":{"format":"pcm_s16le","sample_rate_hz":8000,"channels":1,"duration_ms":100,"data_base64":"AAEC"}}])",
    R"(42["fragment:ack",{"fragment_id":"id#","status":"applied"}])",
    R"(42["stream:pause"])",
    R"(42["stream:resume"])",
    R"(42["stream:end",{"reason":"r"}])",
    R"(42["config:error_simulation",{"enabled":true,"rules":[{"trigger":"nth_fragment","value":#,"error_code":"TIMEOUT"}]}])",
    R"(42["simulate:disconnect",{"delay_ms":#}])",
    "3",
    "41"};

// One of the messages with a number in place of each '#'; or any bytes; or a message with bytes of
// it changed.
template <std::size_t Size>
std::string message_of(Script& script, std::array<std::string_view, Size> const& messages) {
    if (script.below(16) == 15) return std::string(script.text(60));
    auto const number = std::to_string(script.below(16));
    std::string text;
    for (char const c : script.pick(messages)) text += c == '#' ? number : std::string(1, c);
    base::Bytes wire(text.begin(), text.end());
    script.damage(wire);
    return {wire.begin(), wire.end()};
}

}  // namespace tidegate::fuzz
