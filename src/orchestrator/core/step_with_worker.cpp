// What each event does to a stream that has a worker and is to keep it: starting, running.
#include <algorithm>
#include <utility>

#include "orchestrator/core/step_builder.hpp"

namespace tidegate::orchestrator {

namespace {

// What starting and running have in common. StateType: the one or the other.
template <class StateType>
struct WithWorkerStep {
    StepBuilder& builder;
    StateType const& state;

    void operator()(event::NotDesired const&) const { source_gone(); }
    void operator()(event::HintNotReady const& hint) const {
        if (is_bound_to(state.session, hint.source_id)) return source_gone();
        builder.note = Note::stale_hint;
    }
    // A running worker was ready before this was reported.
    void operator()(event::WorkerSpawned const& spawned) const {
        if (!is_ours(builder, state.worker, spawned)) return;
        auto& next = builder.stay<StateType>();
        next.worker.handle = spawned.handle;
    }
    void operator()(event::WorkerStatus const& status) const {
        if (!is_ours(builder, state.worker, status)) return;
        auto& next = builder.stay<StateType>();
        next.worker.status = cleaned_status(status.text);
        next.worker.trouble = cleaned_status(status.trouble);
        next.worker.holding = cleaned_status(status.holding);
        next.worker.figures = status.figures;
        next.worker.dubs = status.dubs;
        next.worker.forward = status.forward;
    }
    void operator()(event::OperatorRestart const&) const {
        builder.forgive_for_operator();
        builder.terminate(as_stopping(state), Stopping::Cause::operator_restart);
    }
    void operator()(event::OperatorStop const&) const {
        builder.terminate(as_stopping(state), Stopping::Cause::operator_stop);
    }
    void operator()(event::OperatorReset const&) const { builder.forgive_for_operator(); }

    template <class E>
    void operator()(E const&) const {}  // no effect; docs/states.md names each such event

protected:
    // The state on the way out; terminate() and kill() fill in the rest.
    static Stopping as_stopping(StateType const& from) {
        return {from.run, from.session, {}, from.worker, {}, {}, {}};
    }

private:
    void source_gone() const {
        builder.begin_grace(state.run, state.session, state.worker, builder.now());
    }
};

// A worker was asked for. It has to be ready by the deadline.
struct StartingStep : WithWorkerStep<Starting> {
    using WithWorkerStep::operator();

    void operator()(event::Desired const& seen) const {
        auto& next = builder.stay<Starting>();
        next.session = merge(state.session, seen.session);
        if (!is_same_source(state.session, seen.session)) builder.forgive_for_new_session();
        if (auto const why = misfit(state.worker, next.session)) {
            return builder.terminate(as_stopping(next), *why);
        }
    }
    void operator()(event::SpawnFailed const& failed) const {
        if (!is_ours(builder, state.worker, failed)) return;
        builder.spawn_failed(state.run, state.session, failed);
    }
    void operator()(event::WorkerReady const& ready) const {
        if (!is_ours(builder, state.worker, ready)) return;
        auto worker = state.worker;
        worker.ready_at = builder.now();
        worker.last_progress = builder.now();
        auto const& policy = builder.policy();
        builder.next.state = Running{state.run, state.session, std::move(worker),
                                     builder.now() + policy.watchdog + policy.output_delay};
    }
    void operator()(event::WorkerProgress const& progress) const {
        is_ours(builder, state.worker, progress);  // without an output it counts for nothing
    }
    void operator()(event::WorkerExited const& exited) const {
        if (!is_ours(builder, state.worker, exited)) return;
        builder.worker_lost(state.run, state.session, state.worker, exited.exit);
    }
    void operator()(event::TimerFired const&) const {
        builder.terminate(as_stopping(state), Stopping::Cause::not_ready);
    }
};

// The worker is ready. Media has to advance before the deadline (the watchdog). A new session keeps
// the worker, which connects to its input again by itself, unless it asks for other settings or is
// at another router.
struct RunningStep : WithWorkerStep<Running> {
    using WithWorkerStep::operator();

    void operator()(event::Desired const& seen) const {
        auto& next = builder.stay<Running>();
        next.session = state.session ? merge(*state.session, seen.session) : seen.session;
        if (state.session && !is_same_source(*state.session, seen.session)) {
            builder.forgive_for_new_session();
            next.deadline = reconnecting();
        }
        if (auto const why = misfit(state.worker, *next.session)) {
            return builder.terminate(as_stopping(next), *why);
        }
    }
    void operator()(event::SpawnFailed const& failed) const {
        if (!is_ours(builder, state.worker, failed)) return;
        lost({WorkerExit::Kind::not_started, 0, failed.reason});
    }
    // An adopted worker was taken to be ready; it may become so only now.
    void operator()(event::WorkerReady const& ready) const {
        if (is_ours(builder, state.worker, ready)) alive();
    }
    void operator()(event::WorkerProgress const& progress) const {
        if (is_ours(builder, state.worker, progress)) alive();
    }
    void operator()(event::WorkerExited const& exited) const {
        if (is_ours(builder, state.worker, exited)) lost(exited.exit);
    }
    void operator()(event::TimerFired const&) const {
        auto stopping = as_stopping(state);
        stopping.cause = Stopping::Cause::hung;
        builder.kill(std::move(stopping));  // a hung worker does not react to being asked
    }

private:
    void alive() const {
        auto& next = builder.stay<Running>();
        next.worker.last_progress = builder.now();
        next.deadline = builder.now() + builder.policy().watchdog;
    }

    // A worker that was adopted, and whose stream no list has shown yet, has no session.
    void lost(WorkerExit const& exit) const {
        if (state.session) {
            return builder.worker_lost(state.run, *state.session, state.worker, exit);
        }
        builder.record_exit(state.worker, exit, true);
        builder.next.state = Idle{};
    }

    // The deadline after a new source has come: the worker has to reconnect first. But publishers
    // that replace each other again and again must not hide a worker that hangs, so the deadline is
    // at most two watchdog periods after its last progress.
    Time reconnecting() const {
        auto const watchdog = builder.policy().watchdog;
        auto const extended =
            std::min(builder.now() + watchdog, state.worker.last_progress + 2 * watchdog) +
            builder.policy().output_delay;
        return std::max(state.deadline, extended);
    }
};

}  // namespace

void step_starting(StepBuilder& builder, Starting const& state, Event const& event) {
    std::visit(StartingStep{{builder, state}}, event);
}

void step_running(StepBuilder& builder, Running const& state, Event const& event) {
    std::visit(RunningStep{{builder, state}}, event);
}

}  // namespace tidegate::orchestrator
