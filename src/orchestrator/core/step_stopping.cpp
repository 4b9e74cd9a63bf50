// What each event does to a stream on its way out. First comes the grace period, in which the
// source may return; then the worker is asked to end; then it is killed. Only the worker's exit
// leads on from there, so that a second worker never starts beside the first.
#include <utility>

#include "orchestrator/core/step_builder.hpp"

namespace tidegate::orchestrator {

namespace {

using Phase = Stopping::Phase;
using Cause = Stopping::Cause;

struct StoppingStep {
    StepBuilder& builder;
    Stopping const& state;

    void operator()(event::Desired const& seen) const {
        auto& next = builder.stay<Stopping>();
        auto const is_new = !state.session || !is_same_source(*state.session, seen.session);
        next.session = state.session ? merge(*state.session, seen.session) : seen.session;
        next.gone_since.reset();
        if (is_new) builder.forgive_for_new_session();
        if (state.phase == Phase::grace || is_needless(next)) return returned(std::move(next));
        // An operator stopped one session; this is another one.
        if (is_new && state.session && state.cause == Cause::operator_stop) {
            next.cause = Cause::operator_restart;
        }
    }
    void operator()(event::NotDesired const&) const { source_gone(); }
    void operator()(event::HintNotReady const& hint) const {
        if (is_bound_to(state.session, hint.source_id)) return source_gone();
        builder.note = Note::stale_hint;
    }
    void operator()(event::WorkerSpawned const& spawned) const {
        if (!has(spawned)) return;
        auto& next = builder.stay<Stopping>();
        next.worker->handle = spawned.handle;
        if (state.phase == Phase::term) return builder.terminate(std::move(next), state.cause);
        if (state.phase == Phase::kill) return builder.kill(std::move(next));
    }
    void operator()(event::SpawnFailed const& failed) const {
        if (!has(failed)) return;
        builder.record_spawn_failure(failed.reason);
        if (state.phase != Phase::grace) return finish();
        drop_worker();
    }
    void operator()(event::WorkerReady const& ready) const {
        if (!has(ready)) return;
        auto& next = builder.stay<Stopping>();
        if (!next.worker->ready_at) next.worker->ready_at = builder.now();
    }
    void operator()(event::WorkerProgress const& progress) const {
        if (!has(progress)) return;
        auto& next = builder.stay<Stopping>();
        next.worker->last_progress = builder.now();
    }
    void operator()(event::WorkerStatus const& status) const {
        if (!has(status)) return;
        auto& next = builder.stay<Stopping>();
        next.worker->status = cleaned_status(status.text);
        next.worker->trouble = cleaned_status(status.trouble);
        next.worker->holding = cleaned_status(status.holding);
        next.worker->figures = status.figures;
        next.worker->dubs = status.dubs;
        next.worker->forward = status.forward;
    }
    void operator()(event::WorkerExited const& exited) const {
        if (!has(exited)) return;
        state.phase == Phase::grace ? exited_in_grace(exited.exit) : reaped(exited.exit);
    }
    void operator()(event::TimerFired const&) const {
        if (state.phase == Phase::kill) return builder.kill(state);
        if (state.phase == Phase::grace) return grace_over();
        // The backend has not answered the spawn, so there is nobody to kill yet.
        if (state.worker && !state.worker->handle) return builder.terminate(state, state.cause);
        builder.kill(state);
    }
    void operator()(event::Adopted const& found) const {
        if (!state.worker) builder.adopt(found, state.session);
    }
    void operator()(event::OperatorRestart const&) const { restart_asked(); }
    void operator()(event::OperatorReset const&) const {
        builder.forgive_for_operator();
        if (state.cause == Cause::operator_stop) change_cause(Cause::operator_restart);
    }
    void operator()(event::OperatorStop const&) const {
        if (state.phase != Phase::grace) return change_cause(Cause::operator_stop);
        if (state.worker) return builder.terminate(state, Cause::operator_stop);
        builder.next.state = Idle{Idle::Hold{state.session, false}};
    }

    template <class E>
    void operator()(E const&) const {}  // no effect; docs/states.md names each such event

private:
    template <class WorkerEvent>
    bool has(WorkerEvent const& event) const {
        if (state.worker) return is_ours(builder, *state.worker, event);
        builder.note = Note::stale_worker;
        return false;
    }

    void change_cause(Cause cause) const {
        auto& next = builder.stay<Stopping>();
        next.cause = cause;
    }

    void drop_worker() const {
        auto& next = builder.stay<Stopping>();
        next.worker.reset();
    }

    void source_gone() const {
        if (state.gone_since) return;
        auto& next = builder.stay<Stopping>();
        next.gone_since = builder.now();
    }

    // The worker was to be replaced because it did not fit, but has not been told to end yet, and
    // it fits again.
    static bool is_needless(Stopping const& next) {
        bool const misfitted =
            next.cause == Cause::params_changed || next.cause == Cause::router_changed;
        return misfitted && next.phase == Phase::term && next.worker && !next.worker->handle &&
               !misfit(*next.worker, *next.session);
    }

    // The source is back within the grace period: the run goes on. So does the worker, if it lives
    // and fits.
    void returned(Stopping next) const {
        if (!next.worker) return builder.launch(next.run, *next.session);
        if (auto const why = misfit(*next.worker, *next.session)) {
            return builder.terminate(std::move(next), *why);
        }
        auto const& policy = builder.policy();
        if (next.worker->ready_at) {
            builder.next.state =
                Running{next.run, next.session, *next.worker, builder.now() + policy.watchdog};
        } else {
            builder.next.state = Starting{next.run, *next.session, *next.worker,
                                          builder.now() + policy.ready_deadline};
        }
    }

    void grace_over() const {
        if (state.worker) return builder.terminate(state, Cause::source_gone);
        builder.next.state = Idle{};
    }

    void exited_in_grace(WorkerExit const& exit) const {
        builder.record_exit(*state.worker, exit, !is_source_ended(exit));
        auto const why = builder.reason_to_fail(exit);
        if (why && state.session) {
            builder.next.state = Failed{state.run, *state.session, *why, state.deadline};
        } else {
            drop_worker();
        }
    }

    void reaped(WorkerExit const& exit) const {
        auto const replaced = state.cause == Cause::hung || state.cause == Cause::not_ready;
        builder.record_exit(*state.worker, exit, replaced);
        auto const why = builder.reason_to_fail(exit);
        if (!replaced || !why || !state.session) return finish();
        auto gone_until = state.gone_since;
        if (gone_until) *gone_until += builder.policy().grace;
        builder.next.state = Failed{state.run, *state.session, *why, gone_until};
    }

    // The worker is gone. What follows depends on why it was stopped and on whether the source is
    // live.
    void finish() const {
        if (state.cause == Cause::operator_stop) {
            builder.next.state = Idle{Idle::Hold{state.session, !state.gone_since}};
        } else if (state.gone_since) {
            auto const over = *state.gone_since + builder.policy().grace <= builder.now();
            if (over || state.cause == Cause::source_gone) {
                builder.next.state = Idle{};
            } else {
                builder.begin_grace(state.run, state.session, {}, *state.gone_since);
            }
        } else if (state.session) {
            // The grace period was over before the source came back, so this is a new run.
            builder.launch(state.cause == Cause::source_gone ? Run{} : state.run, *state.session);
        } else {
            builder.next.state =
                Idle{};  // adopted, and no list has named a source: the next one decides
        }
    }

    void restart_asked() const {
        builder.forgive_for_operator();
        if (state.phase != Phase::grace) return change_cause(Cause::operator_restart);
        if (state.worker) builder.terminate(state, Cause::operator_restart);
    }
};

}  // namespace

void step_stopping(StepBuilder& builder, Stopping const& state, Event const& event) {
    std::visit(StoppingStep{builder, state}, event);
}

}  // namespace tidegate::orchestrator
