#include "orchestrator/core/stream_machine.hpp"

#include <utility>

#include "orchestrator/core/move.hpp"

namespace tidegate::orchestrator {

namespace {

// Seen at the router, of no consequence for the worker: the same in every state.
bool observe(StreamState& stream, Event const& event) {
    if (auto const* output = std::get_if<event::OutputReadable>(&event)) {
        stream.output_readable = output->readable;
        return true;
    }
    if (auto const* input = std::get_if<event::InputStalled>(&event)) {
        stream.input_stalled = input->stalled;
        return true;
    }
    return std::holds_alternative<event::ListUnknown>(event);
}

struct Dispatch {
    Move& move;
    Event const& event;

    void operator()(Idle const& state) const { step_idle(move, state, event); }
    void operator()(Starting const& state) const { step_starting(move, state, event); }
    void operator()(Running const& state) const { step_running(move, state, event); }
    void operator()(Stopping const& state) const { step_stopping(move, state, event); }
    void operator()(BackingOff const& state) const { step_backing_off(move, state, event); }
    void operator()(Failed const& state) const { step_failed(move, state, event); }
};

bool is_early(StreamState const& stream, Event const& event, Time now) {
    if (!std::holds_alternative<event::TimerFired>(event)) return false;
    auto const due = deadline(stream);
    return !due || now < *due;
}

}  // namespace

Step step(StreamState const& current, Event const& event, Context const& context) {
    Move move{current, context, {}, Note::none};
    if (!observe(move.next, event) && !is_early(current, event, context.now)) {
        std::visit(Dispatch{move, event}, current.state);
    }
    if (move.next.kind() != current.kind()) move.next.since = context.now;
    return {std::move(move.next), std::move(move.action), move.note};
}

}  // namespace tidegate::orchestrator
