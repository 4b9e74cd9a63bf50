// The output is accepted and media advances; the watchdog is the deadline. A new session keeps the
// process, which reads its input again by itself, unless it asks for other settings.
#include <algorithm>
#include <utility>

#include "orchestrator/core/move.hpp"

namespace tidegate::orchestrator {

namespace {

struct RunningStep {
    Move& move;
    Running const& state;

    void operator()(event::Desired const& seen) const {
        auto& next = move.stay<Running>();
        next.session = state.session ? merge(*state.session, seen.session) : seen.session;
        if (state.session && !is_same_source(*state.session, seen.session)) {
            move.forgive_for_new_session();
            next.deadline = reconnecting();
        }
        if (has_other_params(state.worker, *next.session)) {
            return move.terminate(as_stopping(next), Stopping::Cause::params_changed);
        }
    }
    void operator()(event::NotDesired const&) const { source_gone(); }
    void operator()(event::HintNotReady const& hint) const {
        if (is_bound_to(state.session, hint.source_id)) return source_gone();
        move.note = Note::stale_hint;
    }
    void operator()(event::WorkerSpawned const& spawned) const {  // READY overtook it
        if (!is_ours(move, state.worker, spawned)) return;
        auto& next = move.stay<Running>();
        next.worker.handle = spawned.handle;
    }
    void operator()(event::SpawnFailed const& failed) const {
        if (!is_ours(move, state.worker, failed)) return;
        lost({WorkerExit::Kind::not_started, 0, failed.reason});
    }
    // An adopted worker may become READY only now.
    void operator()(event::WorkerReady const& ready) const {
        if (is_ours(move, state.worker, ready)) alive();
    }
    void operator()(event::WorkerProgress const& progress) const {
        if (is_ours(move, state.worker, progress)) alive();
    }
    void operator()(event::WorkerStatus const& status) const {
        if (!is_ours(move, state.worker, status)) return;
        auto& next = move.stay<Running>();
        next.worker.status = cleaned_status(status.text);
        next.worker.trouble = cleaned_status(status.trouble);
    }
    void operator()(event::WorkerExited const& exited) const {
        if (is_ours(move, state.worker, exited)) lost(exited.exit);
    }
    void operator()(event::TimerFired const&) const {
        auto stopping = as_stopping(state);
        stopping.cause = Stopping::Cause::hung;
        move.kill(std::move(stopping));  // it does not listen: SIGTERM would only cost time
    }
    void operator()(event::OperatorRestart const&) const {
        move.forgive_for_operator();
        move.terminate(as_stopping(state), Stopping::Cause::operator_restart);
    }
    void operator()(event::OperatorStop const&) const {
        move.terminate(as_stopping(state), Stopping::Cause::operator_stop);
    }
    void operator()(event::OperatorReset const&) const { move.forgive_for_operator(); }

    template <class E>
    void operator()(E const&) const {}  // named one by one in stream_machine_test.cpp

private:
    void source_gone() const {
        move.begin_grace(state.run, state.session, state.worker, move.now());
    }

    void alive() const {
        auto& next = move.stay<Running>();
        next.worker.last_progress = move.now();
        next.deadline = move.now() + move.policy().watchdog;
    }

    void lost(WorkerExit const& exit) const {
        if (state.session) return move.worker_lost(state.run, *state.session, state.worker, exit);
        move.record_exit(state.worker, exit, true);  // adopted, and no list has said it is wanted
        move.next.state = Idle{};
    }

    // A new source gives the worker time to reconnect, but publishers that fight for the path must
    // not hide a hung worker for ever: at most one more watchdog period after its last progress.
    Time reconnecting() const {
        auto const watchdog = move.policy().watchdog;
        auto const extended =
            std::min(move.now() + watchdog, state.worker.last_progress + 2 * watchdog);
        return std::max(state.deadline, extended);
    }

    static Stopping as_stopping(Running const& from) {
        return {from.run, from.session, {}, from.worker, {}, {}, {}};
    }
};

}  // namespace

void step_running(Move& move, Running const& state, Event const& event) {
    std::visit(RunningStep{move, state}, event);
}

}  // namespace tidegate::orchestrator
