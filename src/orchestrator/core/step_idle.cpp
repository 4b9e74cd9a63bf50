// Nothing runs. A live source starts a run, unless an operator holds this very session back.
#include <utility>

#include "orchestrator/core/move.hpp"

namespace tidegate::orchestrator {

namespace {

struct IdleStep {
    Move& move;
    Idle const& state;

    void operator()(event::Desired const& seen) const {
        if (is_held(seen.session)) return hold(merge_held(seen.session), true);
        move.forgive_for_new_session();
        move.launch({}, seen.session);
    }
    void operator()(event::NotDesired const&) const { source_gone(); }
    void operator()(event::HintNotReady const& hint) const {
        if (state.hold && is_bound_to(state.hold->session, hint.source_id)) return source_gone();
        move.note = Note::stale_hint;
    }
    void operator()(event::Adopted const& found) const {
        move.adopt(found, state.hold ? state.hold->session : std::nullopt);
    }
    void operator()(event::OperatorRestart const&) const { release(); }
    void operator()(event::OperatorReset const&) const { release(); }

    void operator()(WorkerMessage auto const&) const { move.note = Note::stale_worker; }
    template <class E>
    void operator()(E const&) const {}  // named one by one in stream_machine_test.cpp

private:
    bool is_held(Session const& seen) const {
        return state.hold && (!state.hold->session || is_same_source(*state.hold->session, seen));
    }
    Session merge_held(Session const& seen) const {
        return state.hold->session ? merge(*state.hold->session, seen) : seen;
    }
    void hold(std::optional<Session> session, bool live) const {
        move.next.state = Idle{Idle::Hold{std::move(session), live}};
    }
    void source_gone() const {
        if (state.hold) hold(state.hold->session, false);
    }
    void release() const {
        move.forgive_for_operator();
        if (state.hold && state.hold->live && state.hold->session) {
            move.launch({}, *state.hold->session);
        } else {
            move.next.state = Idle{};
        }
    }
};

}  // namespace

void step_idle(Move& move, Idle const& state, Event const& event) {
    std::visit(IdleStep{move, state}, event);
}

}  // namespace tidegate::orchestrator
