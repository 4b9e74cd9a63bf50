// What can happen to a stream, as values. The shell translates the router's lists, hooks, processes
// and operators into these; it never looks at a stream's state to decide which.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "orchestrator/core/params.hpp"
#include "orchestrator/core/policy.hpp"
#include "orchestrator/core/worker_exit.hpp"

namespace tidegate::orchestrator {

// One worker process of one stream. Every worker event carries the generation of its spawn, so that
// a late message of a dead worker (a READY=1 read after its reaping) is told apart from its
// successor's.
using Generation = std::uint64_t;

// What a backend calls one worker that it runs: a number that only this backend can read (a process
// backend's stands for a process, a cluster backend's for a Pod). No two living workers have the
// same. Everybody else keeps it, compares it and gives it back.
enum class WorkerHandle : std::uint64_t {};

// One publisher's stay on the path.
struct Session {
    std::string source_id;
    std::string source_type;
    std::optional<Params> params;  // nullopt: not known (the router's path list has no query)
    bool operator==(Session const&) const = default;
};

namespace event {

// From complete lists and hooks.
struct Desired {
    Session session;
};  // the list shows the stream, with this source
struct NotDesired {};  // enough complete lists in a row lack it
struct HintNotReady {
    std::string source_id;
};  // a not-ready hook; acts only if bound to that source
struct ListUnknown {};  // a list failed: nothing is known, nothing happens
struct OutputReadable {
    bool readable;
};  // live/<id>/out is (not) readable at the router
struct InputStalled {
    bool stalled;
};  // live, but its inbound bytes do not advance

// From the worker backend. Every Spawn is answered by exactly one of the first two.
struct WorkerSpawned {
    Generation generation;
    WorkerHandle handle;
};
struct SpawnFailed {
    Generation generation;
    std::string reason;  // in the backend's words
};
struct WorkerReady {
    Generation generation;
};  // READY=1
struct WorkerProgress {
    Generation generation;
};  // WATCHDOG=1
struct WorkerStatus {
    Generation generation;
    std::string text;
    std::string trouble = {};
};  // STATUS=, and with it what the worker says is wrong
struct WorkerExited {
    Generation generation;
    WorkerExit exit;
};  // reaped; exactly once per spawned
struct Adopted {  // found running, and not started by us
    WorkerHandle handle;
    std::string run_id;
    std::optional<Params> params;  // as far as its command line tells
    Time started{};                // of the process
};

struct TimerFired {};
struct SlotFree {};  // one of max_workers became free for this stream, the first in the queue

struct OperatorRestart {};
struct OperatorStop {};
struct OperatorReset {};

}  // namespace event

using Event =
    std::variant<event::Desired, event::NotDesired, event::HintNotReady, event::ListUnknown,
                 event::OutputReadable, event::InputStalled, event::WorkerSpawned,
                 event::SpawnFailed, event::WorkerReady, event::WorkerProgress, event::WorkerStatus,
                 event::WorkerExited, event::Adopted, event::TimerFired, event::SlotFree,
                 event::OperatorRestart, event::OperatorStop, event::OperatorReset>;

// "desired", "worker-exited", ...: for logs, metrics and the diagram.
std::string_view name(Event const& event);

}  // namespace tidegate::orchestrator
