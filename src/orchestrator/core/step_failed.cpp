// Given up, for a person to see: until a new session, a restart or a reset. Stays visible for the
// grace period after its source is gone, so that a flicker of the same session does not revive it.
#include <utility>

#include "orchestrator/core/move.hpp"

namespace tidegate::orchestrator {

namespace {

struct FailedStep {
    Move& move;
    Failed const& state;

    void operator()(event::Desired const& seen) const {
        auto& next = move.stay<Failed>();
        next.session = merge(state.session, seen.session);
        next.gone_until.reset();
        if (!is_same_source(state.session, seen.session) || can_differ(next.session)) {
            move.forgive_for_new_session();
            return move.launch({}, next.session);
        }
    }
    void operator()(event::NotDesired const&) const { source_gone(); }
    void operator()(event::HintNotReady const& hint) const {
        if (is_bound_to(state.session, hint.source_id)) return source_gone();
        move.note = Note::stale_hint;
    }
    void operator()(event::TimerFired const&) const { move.next.state = Idle{}; }
    void operator()(event::Adopted const& found) const { move.adopt(found, state.session); }
    void operator()(event::OperatorRestart const&) const { retry_now(); }
    void operator()(event::OperatorReset const&) const { retry_now(); }

    void operator()(WorkerMessage auto const&) const { move.note = Note::stale_worker; }
    template <class E>
    void operator()(E const&) const {}  // named one by one in stream_machine_test.cpp

private:
    // The query was learnt after the worker had refused to run without it.
    bool can_differ(Session const& session) const {
        return state.why == Failed::Why::configuration &&
               session.params.value_or(Params{}) != state.session.params.value_or(Params{});
    }
    void source_gone() const {
        if (state.gone_until) return;
        auto& next = move.stay<Failed>();
        next.gone_until = move.now() + move.policy().grace;
    }
    void retry_now() const {
        move.forgive_for_operator();
        if (state.gone_until) {
            move.next.state = Idle{};
        } else {
            move.launch({}, state.session);
        }
    }
};

}  // namespace

void step_failed(Move& move, Failed const& state, Event const& event) {
    std::visit(FailedStep{move, state}, event);
}

}  // namespace tidegate::orchestrator
