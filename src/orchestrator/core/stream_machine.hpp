// The life of one stream: step(state, event, context) -> {state, action}. Pure and total: no clock,
// no I/O, no log, every pair defined. Design §6. Any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "orchestrator/core/event.hpp"
#include "orchestrator/core/policy.hpp"
#include "orchestrator/core/state.hpp"

namespace tidegate::orchestrator {

namespace action {

// Start one worker. The answer is WorkerSpawned or SpawnFailed with the same generation.
struct Spawn {
    Generation generation;
    std::string run_id;
    unsigned attempt;  // 1 is the first of the run
    Params params;
};

// Ask the worker to end: it takes leave of the router and exits. (A process gets SIGTERM.)
struct Stop {
    WorkerHandle handle;
};

// End the worker without asking. (A process gets SIGKILL.)
struct Kill {
    WorkerHandle handle;
};

// Take over a worker that was found running: report what becomes of it under this generation.
struct Adopt {
    Generation generation;
    WorkerHandle handle;
};

}  // namespace action

// One step asks for at most one thing.
using Action = std::variant<action::Spawn, action::Stop, action::Kill, action::Adopt>;

// 128 random bits per step: the jitter of a delay and the id of a new run come from here.
struct Entropy {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
};

struct Context {
    Time now;
    Policy const& policy;
    Entropy entropy;
    bool slot_free = true;  // max_workers leaves room for this stream
};

// What to count besides the transition.
enum class Note {
    none,
    stale_hint,    // a not-ready hook of a source that is not the bound one
    stale_worker,  // a message of a worker that is no longer ours
};

struct Step {
    StreamState next;
    std::optional<Action> action;
    Note note = Note::none;
};

Step step(StreamState const& current, Event const& event, Context const& context);

}  // namespace tidegate::orchestrator
