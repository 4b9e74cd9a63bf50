// What a program that handles one stream has told of itself (notify.hpp), kept for whoever asks
// over HTTP (health_routes.hpp), and what follows from it: is it ready, does it hang? Plain values
// and pure functions. The loop only.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::endpoint {

// A program that was ready and has not said WATCHDOG=1 for this long hangs. As long as
// media-service waits for its workers (orchestrator/core/policy.hpp): a source is missed after 5 s,
// and then looked for after 1, 2 and 4 s.
inline constexpr std::chrono::seconds kHangsAfter{15};

struct Told {
    using Time = std::chrono::steady_clock::time_point;

    std::optional<Time> ready_at;      // of the first READY=1; nullopt: not ready
    std::optional<Time> heartbeat_at;  // of the last WATCHDOG=1
    std::uint64_t heartbeats = 0;      // WATCHDOG=1 so far
    bool stopping = false;
    // What it has nothing to send for when it begins: the delay of a dub. Added to kHangsAfter.
    std::chrono::milliseconds delay{};
    // As the last report had them (Notify::Report).
    std::string text, trouble, holding, figures;
    std::vector<std::string> dubs;  // JSON, one for each language
    std::string forward;            // JSON; empty: none
};

// Whose run it is.
struct RunName {
    std::string stream_id;
    std::string destination;  // of a forwarder; empty: there is none
    std::string run_id;
};

// Why it is not ready, or why it hangs, as a sentence; nullopt: it is ready, or does not hang.
std::optional<std::string> not_ready(Told const& told);
std::optional<std::string> hanging(Told const& told, Told::Time now);

// The answer to GET /status.
std::string to_json(Told const& told, RunName const& run, Told::Time now);

}  // namespace tidegate::endpoint
