// A step while it is being made, and the transitions that several states have in common. Private to
// the state machine: included by stream_machine.cpp and step_*.cpp only.
#pragma once

#include <optional>
#include <string>

#include "orchestrator/core/stream_machine.hpp"

namespace tidegate::orchestrator {

// `next` begins as a copy of the present state. A step_*.cpp either changes that copy in place
// (stay()) or has one of the functions below put another state into it.
struct StepBuilder {
    StreamState next;
    Context const& context;
    std::optional<Action> action;
    Note note = Note::none;

    Time now() const { return context.now; }
    Policy const& policy() const { return context.policy; }
    History& history() { return next.history; }
    // The stream stays in its state, which may be changed through the reference. StateType is the
    // type of the present state.
    template <class StateType>
    StateType& stay() {
        return std::get<StateType>(next.state);
    }

    // To Starting, if limits, delays and slots allow it; otherwise to BackingOff or Failed. The
    // only way to a new worker. A run without an id is a new one.
    void launch(Run run, Session session);
    // To Running, with a worker that somebody else has started.
    void adopt(event::Adopted const& found, std::optional<Session> session);

    // To Stopping, phase grace: the source is gone since `gone`. The worker, if any, goes on.
    void begin_grace(Run run, std::optional<Session> session, std::optional<WorkerInfo> worker,
                     Time gone);
    // To Stopping, phase term: the worker is asked to end. One that has no handle yet is asked when
    // the backend has answered.
    void terminate(Stopping stopping, Stopping::Cause cause);
    // To Stopping, phase kill: the worker is killed.
    void kill(Stopping stopping);

    // The worker ended although the stream is desired: to the next start, or to Failed.
    void worker_lost(Run run, Session session, WorkerInfo const& ended, WorkerExit const& exit);
    void spawn_failed(Run run, Session session, event::SpawnFailed const& failed);

    // Why it would not help to start a worker again after this exit; nullopt: it may help.
    std::optional<Failed::Why> reason_to_fail(WorkerExit const& exit) const;

    // The following change the history only.
    // is_failure: the exit delays the next start, and the more so the more failures came in a row.
    void record_exit(WorkerInfo const& ended, WorkerExit const& exit, bool is_failure);
    void record_spawn_failure(std::string const& reason);
    // Earlier starts and failures no longer count.
    void forgive() { history().starts.clear(), history().failures = 0; }
    // A new session begins anew, but the first restart delay after an exit is kept.
    void forgive_for_new_session();
    // An operator who asks for a start gets it at once.
    void forgive_for_operator();

private:
    void spawn(Run run, Session session);
    void count_failure();
};

// The newer knowledge of the same stream, completed with what only the older has: `seen`, with the
// settings, the router and the source id of `bound` where it has none.
Session merge(Session const& bound, Session seen);
// False only if both name a source, or both a router, and the two differ.
bool is_same_source(Session const& bound, Session const& seen);
bool is_bound_to(std::optional<Session> const& bound, std::string const& source_id);
// Why this worker cannot serve the session: it works for another router, or with other settings
// than the session asks for. nullopt: it can, or what would tell is not known.
std::optional<Stopping::Cause> misfit(WorkerInfo const& worker, Session const& session);
// A worker's text made fit for one line: at most kMaxStatusLength bytes, no control characters.
std::string cleaned_status(std::string const& text);

// True if the report is about this worker. Any other is noted as stale.
template <class WorkerEvent>
bool is_ours(StepBuilder& builder, WorkerInfo const& worker, WorkerEvent const& event) {
    if (worker.generation == event.generation) return true;
    builder.note = Note::stale_worker;
    return false;
}

// What an event does to a stream in the given state.
void step_idle(StepBuilder& builder, Idle const& state, Event const& event);
void step_starting(StepBuilder& builder, Starting const& state, Event const& event);
void step_running(StepBuilder& builder, Running const& state, Event const& event);
void step_stopping(StepBuilder& builder, Stopping const& state, Event const& event);
void step_backing_off(StepBuilder& builder, BackingOff const& state, Event const& event);
void step_failed(StepBuilder& builder, Failed const& state, Event const& event);

// Every event that reports about a worker has a generation (Adopted has none yet).
template <class E>
concept WorkerMessage = requires(E const& event) { event.generation; };

}  // namespace tidegate::orchestrator
