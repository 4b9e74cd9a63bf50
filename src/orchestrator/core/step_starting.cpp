// A worker was asked for; it has until the deadline to be READY.
#include <utility>

#include "orchestrator/core/move.hpp"

namespace tidegate::orchestrator {

namespace {

struct StartingStep {
    Move& move;
    Starting const& state;

    void operator()(event::Desired const& seen) const {
        auto& next = move.stay<Starting>();
        next.session = merge(state.session, seen.session);
        if (!is_same_source(state.session, seen.session)) move.forgive_for_new_session();
        if (has_other_params(state.worker, next.session)) {
            return move.terminate(as_stopping(next), Stopping::Cause::params_changed);
        }
    }
    void operator()(event::NotDesired const&) const { source_gone(); }
    void operator()(event::HintNotReady const& hint) const {
        if (is_bound_to(state.session, hint.source_id)) return source_gone();
        move.note = Note::stale_hint;
    }
    void operator()(event::WorkerSpawned const& spawned) const {
        if (!is_ours(move, state.worker, spawned)) return;
        auto& next = move.stay<Starting>();
        next.worker.handle = spawned.handle;
    }
    void operator()(event::SpawnFailed const& failed) const {
        if (!is_ours(move, state.worker, failed)) return;
        move.spawn_failed(state.run, state.session, failed);
    }
    void operator()(event::WorkerReady const& ready) const {
        if (!is_ours(move, state.worker, ready)) return;
        auto worker = state.worker;
        worker.ready_at = move.now();
        worker.last_progress = move.now();
        move.next.state = Running{state.run, state.session, std::move(worker),
                                  move.now() + move.policy().watchdog};
    }
    void operator()(event::WorkerProgress const& progress) const {
        is_ours(move, state.worker,
                progress);  // not READY: its output is not accepted, nothing counts
    }
    void operator()(event::WorkerStatus const& status) const {
        if (!is_ours(move, state.worker, status)) return;
        auto& next = move.stay<Starting>();
        next.worker.status = cleaned_status(status.text);
        next.worker.trouble = cleaned_status(status.trouble);
    }
    void operator()(event::WorkerExited const& exited) const {
        if (!is_ours(move, state.worker, exited)) return;
        move.worker_lost(state.run, state.session, state.worker, exited.exit);
    }
    void operator()(event::TimerFired const&) const {
        move.terminate(as_stopping(state), Stopping::Cause::not_ready);
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
    static Stopping as_stopping(Starting const& from) {
        return {from.run, from.session, {}, from.worker, {}, {}, {}};
    }
};

}  // namespace

void step_starting(Move& move, Starting const& state, Event const& event) {
    std::visit(StartingStep{move, state}, event);
}

}  // namespace tidegate::orchestrator
