// A stream as the API shows it: what the orchestrator does with it, and what the hooks have said of
// it. Pure but for the clocks, which turn monotonic times into wall-clock ones. Any thread.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <optional>
#include <string>

#include "orchestrator/core/params.hpp"
#include "orchestrator/core/view.hpp"
#include "orchestrator/io/http/stream_book.hpp"

namespace tidegate::orchestrator {

// RFC 3339, UTC, microseconds.
std::string to_text(WallTime time);
// Of a monotonic time of this process.
std::string to_text(Time time);

boost::json::object to_json(HookEvent const& event);
// The process id of a worker; nullopt: it is no process of this machine.
using PidOf = std::function<std::optional<int>(WorkerHandle)>;

boost::json::object to_json(StreamView const& view, PidOf const& pid_of);

// Either may be absent, not both. stream_id: for a stream that only one of them knows.
boost::json::object stream_json(std::string_view stream_id, StreamRecord const* record,
                                std::optional<StreamView> const& view, PidOf const& pid_of);

}  // namespace tidegate::orchestrator
