// The life of one stream as a state machine: an event comes in, a new state and at most one action
// come out. Pure and total: no clock, no I/O, no log, and every event is defined in every state
// (docs/states.md has the whole table). Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "orchestrator/core/event.hpp"
#include "orchestrator/core/policy.hpp"
#include "orchestrator/core/state.hpp"

namespace tidegate::orchestrator {

// What a step wants done. WorkerBackend (worker_backend.hpp) does it.
namespace action {

// Start a worker. The answer is WorkerSpawned or SpawnFailed of the same generation.
struct Spawn {
    Generation generation;
    std::string run_id;
    unsigned attempt;  // 1: the first start of the run
    Params params;
    std::string router = {};  // from which it reads and to which it publishes (router_address.hpp)
};

// Ask the worker to end: it ends its sessions at the router and exits. (A process gets SIGTERM.)
struct Stop {
    WorkerHandle handle;
};

// End the worker without asking. (A process gets SIGKILL.)
struct Kill {
    WorkerHandle handle;
};

// Take over a worker that was found running: from now on, report about it under this generation.
struct Adopt {
    Generation generation;
    WorkerHandle handle;
};

}  // namespace action

using Action = std::variant<action::Spawn, action::Stop, action::Kill, action::Adopt>;

// 128 random bits, fresh for each step. The jitter of a delay and the id of a new run are made from
// them, so that the machine itself stays free of chance.
struct Entropy {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
};

// What a step may use beside the stream's state.
struct Context {
    Time now;
    Policy const& policy;
    Entropy entropy;
    bool slot_free = true;  // max_workers leaves room for a worker of this stream
};

// Something to count that leaves no trace in the state.
enum class Note {
    none,
    stale_hint,    // a not-ready hook of a source that the stream is not bound to
    stale_worker,  // a report about a worker that the stream no longer has
};

struct Step {
    StreamState next;
    std::optional<Action> action;  // nullopt: there is nothing to do
    Note note = Note::none;
};

Step step(StreamState const& current, Event const& event, Context const& context);

}  // namespace tidegate::orchestrator
