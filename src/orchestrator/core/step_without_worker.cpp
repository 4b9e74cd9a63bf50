// What each event does to a stream that has no worker: idle, backing off, failed.
#include <utility>

#include "orchestrator/core/step_builder.hpp"

namespace tidegate::orchestrator {

namespace {

// Nothing runs. A live source begins a run, unless an operator has stopped this very session.
struct IdleStep {
    StepBuilder& builder;
    Idle const& state;

    void operator()(event::Desired const& seen) const {
        if (is_held(seen.session)) return hold(merge_held(seen.session), true);
        builder.forgive_for_new_session();
        builder.launch({}, seen.session);
    }
    void operator()(event::NotDesired const&) const { source_gone(); }
    void operator()(event::HintNotReady const& hint) const {
        if (state.hold && is_bound_to(state.hold->session, hint.source_id)) return source_gone();
        builder.note = Note::stale_hint;
    }
    void operator()(event::Adopted const& found) const {
        builder.adopt(found, state.hold ? state.hold->session : std::nullopt);
    }
    void operator()(event::OperatorRestart const&) const { release(); }
    void operator()(event::OperatorReset const&) const { release(); }

    void operator()(WorkerMessage auto const&) const { builder.note = Note::stale_worker; }
    template <class E>
    void operator()(E const&) const {}  // no effect; docs/states.md names each such event

private:
    bool is_held(Session const& seen) const {
        return state.hold && (!state.hold->session || is_same_source(*state.hold->session, seen));
    }
    Session merge_held(Session const& seen) const {
        return state.hold->session ? merge(*state.hold->session, seen) : seen;
    }
    void hold(std::optional<Session> session, bool live) const {
        builder.next.state = Idle{Idle::Hold{std::move(session), live}};
    }
    void source_gone() const {
        if (state.hold) hold(state.hold->session, false);
    }
    void release() const {
        builder.forgive_for_operator();
        if (state.hold && state.hold->live && state.hold->session) {
            builder.launch({}, *state.hold->session);
        } else {
            builder.next.state = Idle{};
        }
    }
};

// The source is live. The next start is due at a known time, or when a slot becomes free.
struct BackingOffStep {
    StepBuilder& builder;
    BackingOff const& state;

    void operator()(event::Desired const& seen) const {
        auto& next = builder.stay<BackingOff>();
        next.session = merge(state.session, seen.session);
        if (!is_same_source(state.session, seen.session)) {
            builder.forgive_for_new_session();
            if (state.retry_at) return builder.launch(state.run, next.session);
        }
    }
    void operator()(event::NotDesired const&) const { source_gone(); }
    void operator()(event::HintNotReady const& hint) const {
        if (is_bound_to(state.session, hint.source_id)) return source_gone();
        builder.note = Note::stale_hint;
    }
    void operator()(event::TimerFired const&) const { builder.launch(state.run, state.session); }
    void operator()(event::SlotFree const&) const {
        if (state.why == BackingOff::Why::capped) builder.launch(state.run, state.session);
    }
    void operator()(event::Adopted const& found) const { builder.adopt(found, state.session); }
    void operator()(event::OperatorRestart const&) const { retry_now(); }
    void operator()(event::OperatorReset const&) const { retry_now(); }
    void operator()(event::OperatorStop const&) const {
        builder.next.state = Idle{Idle::Hold{state.session, true}};
    }

    void operator()(WorkerMessage auto const&) const { builder.note = Note::stale_worker; }
    template <class E>
    void operator()(E const&) const {}  // no effect; docs/states.md names each such event

private:
    void source_gone() const { builder.begin_grace(state.run, state.session, {}, builder.now()); }
    void retry_now() const {
        builder.forgive_for_operator();
        // Without a time it waits for a slot, and asking does not make one free.
        if (state.retry_at) builder.launch(state.run, state.session);
    }
};

// Given up until there is a new session, a restart or a reset; a person has to look. When its
// source goes, the state is kept for the grace period, so that the same session cannot revive the
// stream by leaving the list for a moment.
struct FailedStep {
    StepBuilder& builder;
    Failed const& state;

    void operator()(event::Desired const& seen) const {
        auto& next = builder.stay<Failed>();
        next.session = merge(state.session, seen.session);
        next.gone_until.reset();
        if (!is_same_source(state.session, seen.session) || can_differ(next.session)) {
            builder.forgive_for_new_session();
            return builder.launch({}, next.session);
        }
    }
    void operator()(event::NotDesired const&) const { source_gone(); }
    void operator()(event::HintNotReady const& hint) const {
        if (is_bound_to(state.session, hint.source_id)) return source_gone();
        builder.note = Note::stale_hint;
    }
    void operator()(event::TimerFired const&) const { builder.next.state = Idle{}; }
    void operator()(event::Adopted const& found) const { builder.adopt(found, state.session); }
    void operator()(event::OperatorRestart const&) const { retry_now(); }
    void operator()(event::OperatorReset const&) const { retry_now(); }

    void operator()(WorkerMessage auto const&) const { builder.note = Note::stale_worker; }
    template <class E>
    void operator()(E const&) const {}  // no effect; docs/states.md names each such event

private:
    // The worker refused its settings before the query was known; with the query, it may run. A
    // destination that refused one key may take another.
    bool can_differ(Session const& session) const {
        return state.why != Failed::Why::too_many_starts &&
               session.params.value_or(Params{}) != state.session.params.value_or(Params{});
    }
    void source_gone() const {
        if (state.gone_until) return;
        auto& next = builder.stay<Failed>();
        next.gone_until = builder.now() + builder.policy().grace;
    }
    void retry_now() const {
        builder.forgive_for_operator();
        if (state.gone_until) {
            builder.next.state = Idle{};
        } else {
            builder.launch({}, state.session);
        }
    }
};

}  // namespace

void step_idle(StepBuilder& builder, Idle const& state, Event const& event) {
    std::visit(IdleStep{builder, state}, event);
}

void step_backing_off(StepBuilder& builder, BackingOff const& state, Event const& event) {
    std::visit(BackingOffStep{builder, state}, event);
}

void step_failed(StepBuilder& builder, Failed const& state, Event const& event) {
    std::visit(FailedStep{builder, state}, event);
}

}  // namespace tidegate::orchestrator
