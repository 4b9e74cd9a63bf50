// Live, no worker: a start is due at a known time, or when a slot becomes free.
#include <utility>

#include "orchestrator/core/move.hpp"

namespace tidegate::orchestrator {

namespace {

struct BackingOffStep {
    Move& move;
    BackingOff const& state;

    void operator()(event::Desired const& seen) const {
        auto& next = move.stay<BackingOff>();
        next.session = merge(state.session, seen.session);
        if (!is_same_source(state.session, seen.session)) {
            move.forgive_for_new_session();
            if (state.retry_at) return move.launch(state.run, next.session);
        }
    }
    void operator()(event::NotDesired const&) const { source_gone(); }
    void operator()(event::HintNotReady const& hint) const {
        if (is_bound_to(state.session, hint.source_id)) return source_gone();
        move.note = Note::stale_hint;
    }
    void operator()(event::TimerFired const&) const { move.launch(state.run, state.session); }
    void operator()(event::SlotFree const&) const {
        if (state.why == BackingOff::Why::capped) move.launch(state.run, state.session);
    }
    void operator()(event::Adopted const& found) const { move.adopt(found, state.session); }
    void operator()(event::OperatorRestart const&) const { retry_now(); }
    void operator()(event::OperatorReset const&) const { retry_now(); }
    void operator()(event::OperatorStop const&) const {
        move.next.state = Idle{Idle::Hold{state.session, true}};
    }

    void operator()(WorkerMessage auto const&) const { move.note = Note::stale_worker; }
    template <class E>
    void operator()(E const&) const {}  // named one by one in stream_machine_test.cpp

private:
    void source_gone() const { move.begin_grace(state.run, state.session, {}, move.now()); }
    void retry_now() const {
        move.forgive_for_operator();
        if (state.retry_at) move.launch(state.run, state.session);  // a slot is not had by asking
    }
};

}  // namespace

void step_backing_off(Move& move, BackingOff const& state, Event const& event) {
    std::visit(BackingOffStep{move, state}, event);
}

}  // namespace tidegate::orchestrator
