// A stream as an operator sees it: GET /v1/streams[/{id}] is made from this. Immutable copies; any
// thread. Times are the fleet's monotonic ones, the shell turns them into wall-clock time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/core/state.hpp"

namespace tidegate::orchestrator {

struct StreamView {
    std::string stream_id;
    StateKind state = StateKind::idle;
    std::string reason;  // one sentence: why it is in this state, and what ends it
    Time since{};
    std::string run_id;  // empty: no run
    unsigned attempt = 0;
    std::optional<Session> session;
    bool input_live = false;
    bool input_stalled = false;
    bool output_readable = false;
    std::optional<Worker> worker;
    std::uint64_t restarts = 0;
    std::optional<WorkerExit> last_exit;  // describe() gives its meaning
    Time last_exit_at{};
    std::optional<Time> next_retry;

    bool operator==(StreamView const&) const = default;
};

// What operators read: the state's name, or "degraded".
std::string_view state_name(StreamView const& view);

StreamView make_view(std::string_view stream_id, StreamState const& stream, Policy const& policy);
// The `reason` alone.
std::string explain(StreamState const& stream, Policy const& policy);

}  // namespace tidegate::orchestrator
