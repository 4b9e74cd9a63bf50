// Everything that can happen to a stream, as values. The io folders turn the router's lists, hooks,
// worker reports and operators' requests into these events without looking at the stream's state;
// the state machine (stream_machine.hpp) decides what an event means in which state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "orchestrator/core/dub_report.hpp"
#include "orchestrator/core/forward_report.hpp"
#include "orchestrator/core/params.hpp"
#include "orchestrator/core/policy.hpp"
#include "orchestrator/core/worker_exit.hpp"
#include "orchestrator/core/worker_figures.hpp"

namespace tidegate::orchestrator {

// Numbers the workers of one stream, in the order in which they were started or adopted. Every
// report about a worker carries its generation, so that a late report about a worker that is gone
// is not taken for one about its successor.
using Generation = std::uint64_t;

// What a backend calls one worker that it runs: a number that only this backend can read (a process
// backend's stands for a process, a cluster backend's for a Pod). No two living workers have the
// same. Everybody else keeps it, compares it and gives it back.
enum class WorkerHandle : std::uint64_t {};

// One publisher's stay on the path.
struct Session {
    std::string source_id;    // the router's id for the publisher
    std::string source_type;  // "rtmpConn", ...
    // The worker settings that the publisher's query asks for; nullopt: the query is not known
    // (yet).
    std::optional<Params> params;
    std::string router = {};  // which has it; empty: not known
    bool operator==(Session const&) const = default;
};

namespace event {

// --- what the router's lists and hooks say ---

// The list shows the stream with this source.
struct Desired {
    Session session;
};
// As many complete lists in a row as the policy asks for do not show the stream.
struct NotDesired {};
// A not-ready hook arrived. It counts only if the stream is bound to this very source.
struct HintNotReady {
    std::string source_id;
};
// A list failed, so nothing is known. Changes nothing.
struct ListUnknown {};
// Readers can (or can no longer) read live/<id>/out at the router.
struct OutputReadable {
    bool readable;
};
// The source is there, but it has stopped (or resumed) sending.
struct InputStalled {
    bool stalled;
};

// --- what the worker backend reports (the order is defined in worker_backend.hpp) ---

// The worker that action::Spawn asked for exists.
struct WorkerSpawned {
    Generation generation;
    WorkerHandle handle;
};
// The worker that action::Spawn asked for could not be started; the reason is in the backend's
// words.
struct SpawnFailed {
    Generation generation;
    std::string reason;
};
// The router has accepted the worker's output.
struct WorkerReady {
    Generation generation;
};
// Media advances in the worker. Comes again and again; its absence means that the worker hangs.
struct WorkerProgress {
    Generation generation;
};
// What the worker says about itself, for operators.
struct WorkerStatus {
    Generation generation;
    std::string text;
    std::string trouble = {};  // what is wrong, in the worker's words; empty: nothing is
    // Why its output goes on without the source; empty: the source is there.
    std::string holding = {};
    WorkerFigures figures = {};
    std::vector<DubReport> dubs = {};  // one for each language
    std::optional<ForwardReport> forward = {};
};
// The worker is gone for certain. Comes exactly once for each worker.
struct WorkerExited {
    Generation generation;
    WorkerExit exit;
};
// A worker of this stream was found running that we did not start: an earlier media-service did,
// for example. The state machine may answer with action::Adopt.
struct Adopted {
    WorkerHandle handle;
    std::string run_id;
    std::optional<Params> params;  // what it runs with; nullopt: that could not be found out
    Time started{};
    std::string router = {};  // that it reads from; empty: that could not be found out
};

// --- what time and limits bring ---

// The stream's deadline() has come. Too early a timer is ignored.
struct TimerFired {};
// A worker slot is free, and this stream is the first that waits for one.
struct SlotFree {};

// --- what operators ask for through the API ---

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

// The event's name in logs, the API and docs/states.md: "desired", "worker-exited", ...
std::string_view name(Event const& event);

}  // namespace tidegate::orchestrator
