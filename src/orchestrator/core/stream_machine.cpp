#include "orchestrator/core/stream_machine.hpp"

#include <array>
#include <utility>

#include "orchestrator/core/step_builder.hpp"

namespace tidegate::orchestrator {

namespace {

// Handles the events that mean the same in every state: they are shown, and change nothing else.
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
    StepBuilder& builder;
    Event const& event;

    void operator()(Idle const& state) const { step_idle(builder, state, event); }
    void operator()(Starting const& state) const { step_starting(builder, state, event); }
    void operator()(Running const& state) const { step_running(builder, state, event); }
    void operator()(Stopping const& state) const { step_stopping(builder, state, event); }
    void operator()(BackingOff const& state) const { step_backing_off(builder, state, event); }
    void operator()(Failed const& state) const { step_failed(builder, state, event); }
};

bool is_early(StreamState const& stream, Event const& event, Time now) {
    if (!std::holds_alternative<event::TimerFired>(event)) return false;
    auto const due = deadline(stream);
    return !due || now < *due;
}

}  // namespace

std::string_view name(Event const& event) {
    static constexpr std::array<std::string_view, std::variant_size_v<Event>> kNames{
        "desired",          "not-desired",    "hint-not-ready", "list-unknown", "output-readable",
        "input-stalled",    "worker-spawned", "spawn-failed",   "worker-ready", "worker-progress",
        "worker-status",    "worker-exited",  "adopted",        "timer-fired",  "slot-free",
        "operator-restart", "operator-stop",  "operator-reset"};
    return kNames.at(event.index());
}

Step step(StreamState const& current, Event const& event, Context const& context) {
    StepBuilder builder{current, context, {}, Note::none};
    if (!observe(builder.next, event) && !is_early(current, event, context.now)) {
        std::visit(Dispatch{builder, event}, current.state);
    }
    if (builder.next.kind() != current.kind()) builder.next.since = context.now;
    return {std::move(builder.next), std::move(builder.action), builder.note};
}

}  // namespace tidegate::orchestrator
