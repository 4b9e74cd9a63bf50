// One step under construction: the moves that several states share. Private to the machine's files.
#pragma once

#include <optional>
#include <string>

#include "orchestrator/core/stream_machine.hpp"

namespace tidegate::orchestrator {

struct Move {
    StreamState next;
    Context const& context;
    std::optional<Action> action;
    Note note = Note::none;

    Time now() const { return context.now; }
    Policy const& policy() const { return context.policy; }
    History& history() { return next.history; }
    // The stream stays in this state: what differs is changed in place.
    template <class StateType>
    StateType& stay() {
        return std::get<StateType>(next.state);
    }

    // The only way to a new worker: limits, delays and slots are checked here and nowhere else.
    // An empty run is a new one.
    void launch(Run run, Session session);
    void adopt(event::Adopted const& found, std::optional<Session> session);

    // The source is gone: the worker, if any, goes on for the grace period.
    void begin_grace(Run run, std::optional<Session> session, std::optional<Worker> worker,
                     Time gone);
    // Tells the worker to end. A worker whose spawn is not confirmed is told when it is.
    void terminate(Stopping stopping, Stopping::Cause cause);
    void kill(Stopping stopping);

    // A worker ended although it was wanted.
    void worker_lost(Run run, Session session, Worker const& ended, WorkerExit const& exit);
    void spawn_failed(Run run, Session session, event::SpawnFailed const& failed);
    // `blame`: it counts as a failure and delays the next start.
    void record_exit(Worker const& ended, WorkerExit const& exit, bool blame);
    void record_spawn_failure(std::string const& reason);

    void forgive() { history().starts.clear(), history().failures = 0; }
    // A new session starts afresh, but never faster than the first restart delay after an exit.
    void forgive_for_new_session();
    void forgive_for_operator();

private:
    void spawn(Run run, Session session);
    void blame_exit();
};

// What both sides know of the same stream: `seen` with the settings of `bound` where it tells none.
Session merge(Session const& bound, Session seen);
// An empty id says nothing about which source it is.
bool is_same_source(Session const& bound, Session const& seen);
bool is_bound_to(std::optional<Session> const& bound, std::string const& source_id);
// The worker runs with settings that the session is known not to want.
bool has_other_params(Worker const& worker, Session const& session);
std::string cleaned_status(std::string const& text);

// A message of this worker; anything else is noted as stale.
template <class WorkerEvent>
bool is_ours(Move& move, Worker const& worker, WorkerEvent const& event) {
    if (worker.generation == event.generation) return true;
    move.note = Note::stale_worker;
    return false;
}

void step_idle(Move& move, Idle const& state, Event const& event);
void step_starting(Move& move, Starting const& state, Event const& event);
void step_running(Move& move, Running const& state, Event const& event);
void step_stopping(Move& move, Stopping const& state, Event const& event);
void step_backing_off(Move& move, BackingOff const& state, Event const& event);
void step_failed(Move& move, Failed const& state, Event const& event);

// What a state without a worker says to any worker's message.
template <class E>
concept WorkerMessage = requires(E const& event) { event.generation; };

}  // namespace tidegate::orchestrator
