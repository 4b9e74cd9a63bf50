// The way out: grace (the source may return), then SIGTERM, then SIGKILL until the worker is
// reaped. Only the reaping leads on, so that a second worker can never start beside the first.
#include <utility>

#include "orchestrator/core/move.hpp"

namespace tidegate::orchestrator {

namespace {

using Phase = Stopping::Phase;
using Cause = Stopping::Cause;

struct StoppingStep {
    Move& move;
    Stopping const& state;

    void operator()(event::Desired const& seen) const {
        auto& next = move.stay<Stopping>();
        auto const is_new = !state.session || !is_same_source(*state.session, seen.session);
        next.session = state.session ? merge(*state.session, seen.session) : seen.session;
        next.gone_since.reset();
        if (is_new) move.forgive_for_new_session();
        if (state.phase == Phase::grace || is_needless(next)) return returned(std::move(next));
        // An operator's stop holds for the session that it stopped.
        if (is_new && state.session && state.cause == Cause::operator_stop) {
            next.cause = Cause::operator_restart;
        }
    }
    void operator()(event::NotDesired const&) const { source_gone(); }
    void operator()(event::HintNotReady const& hint) const {
        if (is_bound_to(state.session, hint.source_id)) return source_gone();
        move.note = Note::stale_hint;
    }
    void operator()(event::WorkerSpawned const& spawned) const {
        if (!has(spawned)) return;
        auto& next = move.stay<Stopping>();
        next.worker->handle = spawned.handle;
        if (state.phase == Phase::term) return move.terminate(std::move(next), state.cause);
        if (state.phase == Phase::kill) return move.kill(std::move(next));
    }
    void operator()(event::SpawnFailed const& failed) const {
        if (!has(failed)) return;
        move.record_spawn_failure(failed.reason);
        if (state.phase != Phase::grace) return finish();
        drop_worker();
    }
    void operator()(event::WorkerReady const& ready) const {
        if (!has(ready)) return;
        auto& next = move.stay<Stopping>();
        if (!next.worker->ready_at) next.worker->ready_at = move.now();
    }
    void operator()(event::WorkerProgress const& progress) const {
        if (!has(progress)) return;
        auto& next = move.stay<Stopping>();
        next.worker->last_progress = move.now();
    }
    void operator()(event::WorkerStatus const& status) const {
        if (!has(status)) return;
        auto& next = move.stay<Stopping>();
        next.worker->status = cleaned_status(status.text);
        next.worker->trouble = cleaned_status(status.trouble);
    }
    void operator()(event::WorkerExited const& exited) const {
        if (!has(exited)) return;
        state.phase == Phase::grace ? exited_in_grace(exited.exit) : reaped(exited.exit);
    }
    void operator()(event::TimerFired const&) const {
        if (state.phase == Phase::kill) return move.kill(state);
        if (state.phase == Phase::grace) return grace_over();
        // The spawn's result is outstanding: there is no one to kill yet.
        if (state.worker && !state.worker->handle) return move.terminate(state, state.cause);
        move.kill(state);
    }
    void operator()(event::Adopted const& found) const {
        if (!state.worker) move.adopt(found, state.session);
    }
    void operator()(event::OperatorRestart const&) const { restart_asked(); }
    void operator()(event::OperatorReset const&) const {
        move.forgive_for_operator();
        if (state.cause == Cause::operator_stop) change_cause(Cause::operator_restart);
    }
    void operator()(event::OperatorStop const&) const {
        if (state.phase != Phase::grace) return change_cause(Cause::operator_stop);
        if (state.worker) return move.terminate(state, Cause::operator_stop);
        move.next.state = Idle{Idle::Hold{state.session, false}};
    }

    template <class E>
    void operator()(E const&) const {}  // named one by one in stream_machine_test.cpp

private:
    template <class WorkerEvent>
    bool has(WorkerEvent const& event) const {
        if (state.worker) return is_ours(move, *state.worker, event);
        move.note = Note::stale_worker;
        return false;
    }

    void change_cause(Cause cause) const {
        auto& next = move.stay<Stopping>();
        next.cause = cause;
    }

    void drop_worker() const {
        auto& next = move.stay<Stopping>();
        next.worker.reset();
    }

    void source_gone() const {
        if (state.gone_since) return;
        auto& next = move.stay<Stopping>();
        next.gone_since = move.now();
    }

    // It was to end for its settings, was not told yet, and they are right again.
    static bool is_needless(Stopping const& next) {
        return next.cause == Cause::params_changed && next.phase == Phase::term && next.worker &&
               !next.worker->handle && !has_other_params(*next.worker, *next.session);
    }

    // Within the grace period: the run goes on, with the worker if it lives and has the right
    // settings.
    void returned(Stopping next) const {
        if (!next.worker) return move.launch(next.run, *next.session);
        if (has_other_params(*next.worker, *next.session)) {
            return move.terminate(std::move(next), Cause::params_changed);
        }
        auto const& policy = move.policy();
        if (next.worker->ready_at) {
            move.next.state =
                Running{next.run, next.session, *next.worker, move.now() + policy.watchdog};
        } else {
            move.next.state =
                Starting{next.run, *next.session, *next.worker, move.now() + policy.ready_deadline};
        }
    }

    void grace_over() const {
        if (state.worker) return move.terminate(state, Cause::source_gone);
        move.next.state = Idle{};
    }

    void exited_in_grace(WorkerExit const& exit) const {
        move.record_exit(*state.worker, exit, !is_source_ended(exit));
        if (is_configuration_error(exit) && state.session) {
            move.next.state =
                Failed{state.run, *state.session, Failed::Why::configuration, state.deadline};
        } else {
            drop_worker();
        }
    }

    void reaped(WorkerExit const& exit) const {
        auto const replaced = state.cause == Cause::hung || state.cause == Cause::not_ready;
        move.record_exit(*state.worker, exit, replaced);
        if (!replaced || !is_configuration_error(exit) || !state.session) return finish();
        auto gone_until = state.gone_since;
        if (gone_until) *gone_until += move.policy().grace;
        move.next.state = Failed{state.run, *state.session, Failed::Why::configuration, gone_until};
    }

    // No worker is left; what now depends on why it was stopped and on whether the source is live.
    void finish() const {
        if (state.cause == Cause::operator_stop) {
            move.next.state = Idle{Idle::Hold{state.session, !state.gone_since}};
        } else if (state.gone_since) {
            auto const over = *state.gone_since + move.policy().grace <= move.now();
            if (over || state.cause == Cause::source_gone) {
                move.next.state = Idle{};
            } else {
                move.begin_grace(state.run, state.session, {}, *state.gone_since);
            }
        } else if (state.session) {
            // After the grace period it is a new run, though the source came back meanwhile.
            move.launch(state.cause == Cause::source_gone ? Run{} : state.run, *state.session);
        } else {
            move.next.state = Idle{};  // adopted and never confirmed: the next list decides
        }
    }

    void restart_asked() const {
        move.forgive_for_operator();
        if (state.phase != Phase::grace) return change_cause(Cause::operator_restart);
        if (state.worker) move.terminate(state, Cause::operator_restart);
    }
};

}  // namespace

void step_stopping(Move& move, Stopping const& state, Event const& event) {
    std::visit(StoppingStep{move, state}, event);
}

}  // namespace tidegate::orchestrator
