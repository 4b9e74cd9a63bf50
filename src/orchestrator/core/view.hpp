// A stream as an operator sees it; GET /v1/streams[/{id}] is made from this. A plain copy; any
// thread. Times are monotonic; whoever shows them turns them into wall-clock times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/destination_view.hpp"
#include "orchestrator/core/state.hpp"

namespace tidegate::orchestrator {

struct StreamView {
    std::string stream_id;
    StateKind state = StateKind::idle;
    std::string reason;  // why it is in this state, and what will end it: one line for people
    Time since{};
    std::string run_id;  // empty: there is no run
    unsigned attempt = 0;
    std::optional<Session> session;  // nullopt: bound to none, or not known
    bool input_live = false;
    bool input_stalled = false;
    bool output_readable = false;
    bool holding = false;              // is_holding()
    std::optional<WorkerInfo> worker;  // nullopt: there is none
    // One for each language that its publisher has asked for (dub_settings.hpp); the control plane
    // fills it in.
    std::vector<DubReport> dubs;
    // The control plane fills them in, too.
    std::vector<DestinationView> destinations;
    std::vector<std::string> also_on;  // further routers that have the stream
    std::uint64_t restarts = 0;
    std::optional<WorkerExit> last_exit;  // nullopt: no worker of this stream has ended yet
    Time last_exit_at{};
    std::string last_words;          // the last status of the worker that ended last
    std::optional<Time> next_retry;  // nullopt: no start is due at a known time

    bool operator==(StreamView const&) const = default;
};

// What operators read as its state: the name of the kind, or "degraded", or "holding".
std::string_view state_name(StreamView const& view);

StreamView make_view(std::string_view stream_id, StreamState const& stream, Policy const& policy);
// StreamView::reason alone.
std::string explain(StreamState const& stream, Policy const& policy);

}  // namespace tidegate::orchestrator
