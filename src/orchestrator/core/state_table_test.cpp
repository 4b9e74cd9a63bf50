#include "orchestrator/core/state_table_test.hpp"

#include <map>
#include <set>
#include <utility>

#include "orchestrator/core/view.hpp"

namespace tidegate::orchestrator::table {

namespace {

using std::chrono::seconds;

constexpr Generation kGeneration = 7;
constexpr WorkerHandle kHandle{100};
constexpr WorkerHandle kAnotherHandle{101};

Session session(std::string source_id = "A", std::string lang = "en", std::string router = "r1") {
    return {std::move(source_id), "rtmpConn", Params{{"lang", std::move(lang)}}, std::move(router)};
}

Run run_of() {
    return {"run-1", 1};
}

WorkerInfo worker(bool ready) {
    WorkerInfo worker;
    worker.generation = kGeneration;
    worker.handle = kHandle;
    worker.started = kNow - seconds{5};
    worker.last_progress = kNow - seconds{1};
    if (ready) worker.ready_at = kNow - seconds{4};
    worker.params = Params{{"lang", "en"}};
    worker.router = "r1";
    return worker;
}

Stopping stopping(Stopping::Phase phase, Stopping::Cause cause, bool gone) {
    Stopping state{run_of(), session(), {}, worker(true), phase, cause, kNow};
    if (gone) state.gone_since = kNow - seconds{10};
    return state;
}

Stopping grace_without_worker() {
    auto state = stopping(Stopping::Phase::grace, Stopping::Cause::source_gone, true);
    state.worker.reset();
    return state;
}

NamedState named(std::string name, State state, bool slot_free = true) {
    StreamState stream;
    stream.state = std::move(state);
    stream.since = kNow - seconds{5};
    stream.history.generation = kGeneration;
    stream.history.starts = {kNow - seconds{5}};
    return {std::move(name), std::move(stream), slot_free};
}

std::string note_words(Note note) {
    if (note == Note::stale_hint) return "counted as a stale hint";
    if (note == Note::stale_worker) return "counted as a stale worker's message";
    return "";
}

// What is visible of a state besides its kind: all that view() and the worker backend use.
bool same_state(StreamState const& one, StreamState const& other) {
    auto const a = make_view("s", one, kPolicy);
    auto const b = make_view("s", other, kPolicy);
    auto const worker_text = [](StreamView const& view) {
        if (!view.worker) return std::string{};
        return std::to_string(std::to_underlying(view.worker->handle.value_or(WorkerHandle{}))) +
               "/" + view.worker->status + "/" +
               std::to_string(view.worker->last_progress.time_since_epoch().count()) +
               (view.worker->ready_at ? "ready" : "");
    };
    return describe(one) == describe(other) && a.reason == b.reason && a.run_id == b.run_id &&
           a.session == b.session && a.input_live == b.input_live &&
           a.input_stalled == b.input_stalled && a.output_readable == b.output_readable &&
           worker_text(a) == worker_text(b) && a.last_exit == b.last_exit &&
           deadline(one) == deadline(other);
}

std::string change_words(Row const& row) {
    auto const before = describe(row.from.stream);
    auto const after = describe(row.result.next);
    return before == after ? "stays" : after;
}

void print_state(std::string& out, NamedState const& state, std::vector<Row> const& all) {
    out += "\n### " + state.name + "\n\n| event | next | action |\n|---|---|---|\n";
    std::string silent;
    for (auto const& row : all) {
        if (row.from.name != state.name) continue;
        if (is_without_effect(row)) {
            silent += (silent.empty() ? "" : ", ") + row.event.name;
            continue;
        }
        auto what = describe(row.result.action);
        auto const note = note_words(row.result.note);
        if (!note.empty()) what += (what.empty() ? "" : "; ") + note;
        out += "| " + row.event.name + " | " + change_words(row) + " | " + what + " |\n";
    }
    out += "\nNo effect: " + silent + ".\n";
}

// Which event leads from which kind of state to which, for the diagram.
std::string print_diagram(std::vector<Row> const& all) {
    std::map<std::pair<StateKind, StateKind>, std::vector<std::string>> edges;
    for (auto const& row : all) {
        auto const key = std::pair{row.from.stream.kind(), row.result.next.kind()};
        auto const event = std::string(name(row.event.event));
        auto& events = edges[key];
        if (key.first != key.second && (events.empty() || events.back() != event)) {
            events.push_back(event);
        }
    }
    auto const id = [](StateKind kind) {
        auto text = std::string(name(kind));
        for (char& c : text) c = c == '-' ? '_' : c;
        return text;
    };
    std::string out = "```mermaid\nstateDiagram-v2\n    [*] --> idle\n";
    for (auto const& [edge, events] : edges) {
        std::set<std::string> const unique(events.begin(), events.end());
        if (unique.empty()) continue;
        std::string label;
        for (auto const& event : unique) label += (label.empty() ? "" : ", ") + event;
        out += "    " + id(edge.first) + " --> " + id(edge.second) + ": " + label + "\n";
    }
    return out + "```\n";
}

}  // namespace

std::vector<NamedState> states() {
    using Phase = Stopping::Phase;
    using Cause = Stopping::Cause;
    using Why = BackingOff::Why;
    auto unconfirmed = Running{run_of(), std::nullopt, worker(true), kNow};
    unconfirmed.worker.adopted = true;
    return {
        named("idle", Idle{}),
        named("idle: held by an operator", Idle{Idle::Hold{session(), true}}),
        named("starting", Starting{run_of(), session(), worker(false), kNow}),
        named("running", Running{run_of(), session(), worker(true), kNow}),
        named("running: adopted, no list yet", unconfirmed),
        named("stopping: grace, the worker goes on",
              stopping(Phase::grace, Cause::source_gone, true)),
        named("stopping: grace, without a worker", grace_without_worker()),
        named("stopping: SIGTERM sent, source gone",
              stopping(Phase::term, Cause::source_gone, true)),
        named("stopping: SIGTERM sent, not ready in time",
              stopping(Phase::term, Cause::not_ready, false)),
        named("stopping: SIGTERM sent, other settings",
              stopping(Phase::term, Cause::params_changed, false)),
        named("stopping: SIGTERM sent, another router",
              stopping(Phase::term, Cause::router_changed, false)),
        named("stopping: SIGTERM sent by an operator's stop",
              stopping(Phase::term, Cause::operator_stop, false)),
        named("stopping: SIGKILL sent, hung", stopping(Phase::kill, Cause::hung, false)),
        named("backing-off: until the next start",
              BackingOff{run_of(), session(), Why::worker_exited, kNow}),
        named("backing-off: no slot free", BackingOff{run_of(), session(), Why::capped, {}}, false),
        named("failed: configuration", Failed{run_of(), session(), Failed::Why::configuration, {}}),
        named("failed: too many starts, source gone",
              Failed{run_of(), session(), Failed::Why::too_many_starts, kNow}),
    };
}

std::vector<NamedEvent> events() {
    auto const exit = [](int code) {
        return event::WorkerExited{kGeneration, {WorkerExit::Kind::code, code}};
    };
    return {
        {"desired, the same source", event::Desired{session()}},
        {"desired, another source", event::Desired{session("B")}},
        {"desired, other settings", event::Desired{session("B", "es")}},
        {"desired, another router", event::Desired{session("B", "en", "r2")}},
        {"not-desired", event::NotDesired{}},
        {"hint-not-ready of the bound source", event::HintNotReady{"A"}},
        {"hint-not-ready of another source", event::HintNotReady{"Z"}},
        {"list-unknown", event::ListUnknown{}},
        {"output-readable", event::OutputReadable{true}},
        {"input-stalled", event::InputStalled{true}},
        {"worker-spawned", event::WorkerSpawned{kGeneration, kAnotherHandle}},
        {"spawn-failed", event::SpawnFailed{kGeneration, "no processes left"}},
        {"worker-ready", event::WorkerReady{kGeneration}},
        {"worker-progress", event::WorkerProgress{kGeneration}},
        {"worker-status", event::WorkerStatus{kGeneration, "text"}},
        {"worker-exited with 0", exit(kExitStopped)},
        {"worker-exited with 10", exit(kExitConfiguration)},
        {"worker-exited by a signal",
         event::WorkerExited{kGeneration, {WorkerExit::Kind::signal, 9}}},
        {"worker-exited, an earlier one",
         event::WorkerExited{kGeneration - 1, {WorkerExit::Kind::signal, 9}}},
        {"adopted", event::Adopted{kAnotherHandle, "run-0", Params{}, {}, "r1"}},
        {"timer-fired", event::TimerFired{}},
        {"slot-free", event::SlotFree{}},
        {"operator-restart", event::OperatorRestart{}},
        {"operator-stop", event::OperatorStop{}},
        {"operator-reset", event::OperatorReset{}},
    };
}

std::vector<Row> rows() {
    std::vector<Row> all;
    for (auto const& state : states()) {
        for (auto const& event : events()) {
            Context const context{kNow, kPolicy, {1, 2}, state.slot_free};
            all.push_back({state, event, step(state.stream, event.event, context)});
        }
    }
    return all;
}

std::string describe(StreamState const& stream) {
    auto text = std::string(name(stream.kind()));
    if (auto const* idle = std::get_if<Idle>(&stream.state); idle && idle->hold) {
        text += idle->hold->live ? ": held" : ": held, source gone";
    } else if (auto const* stopping = std::get_if<Stopping>(&stream.state)) {
        text += ": " + std::string(name(stopping->phase));
        if (stopping->phase != Stopping::Phase::grace) {
            text += ", " + std::string(name(stopping->cause));
        } else if (!stopping->worker) {
            text += ", no worker";
        }
    } else if (auto const* waiting = std::get_if<BackingOff>(&stream.state)) {
        text += ": " + std::string(name(waiting->why));
    } else if (auto const* failed = std::get_if<Failed>(&stream.state)) {
        text += ": " + std::string(name(failed->why));
    }
    return text;
}

std::string describe(std::optional<Action> const& action) {
    if (!action) return "";
    if (std::holds_alternative<action::Spawn>(*action)) return "spawn";
    if (std::holds_alternative<action::Adopt>(*action)) return "watch";
    return std::holds_alternative<action::Kill>(*action) ? "SIGKILL" : "SIGTERM";
}

bool is_without_effect(Row const& row) {
    return !row.result.action && row.result.note == Note::none &&
           same_state(row.from.stream, row.result.next);
}

std::string to_markdown() {
    auto const all = rows();
    std::string out = R"(# The states of a stream

media-service has a state machine for each stream. This page shows its states, and what each event
does in each state. The names are those of the API, the log and the metrics. The code is
`src/orchestrator/core/step_*.cpp`.

`tools/states.sh` writes this page from the state machine. A test fails while the page is out of date.

)";
    out += print_diagram(all);
    out += R"(
When media-service has sent a signal to a worker, only the end of this worker (worker-exited) leads to
another state. So a second worker never starts while the first one runs.

## Events

| event | what has happened |
|---|---|
| desired | the router's list shows the stream: with the same source as before, another source, other settings, or at another router |
| not-desired | as many complete lists in a row as are required do not show the stream |
| list-unknown | the list could not be read; this changes nothing |
| hint-not-ready | a hook says that the source has ended; this counts only if the stream is bound to this source |
| output-readable | the output can be read at the router, or no longer |
| input-stalled | the source is there, but it has stopped sending, or sends again |
| worker-spawned, spawn-failed | the worker was started, or could not be started |
| worker-ready | the router has accepted the worker's output |
| worker-progress | media advances in the worker |
| worker-status | the worker has described what it does |
| worker-exited | the worker has ended |
| adopted | a worker runs for this stream that this media-service has not started |
| timer-fired | the deadline of the state is over (see below) |
| slot-free | another worker has ended, and this stream is the first that waits for its place |
| operator-restart, operator-stop, operator-reset | an operator's command |

What the deadline of a state is:

| state | deadline |
|---|---|
| starting | the worker must be ready (`--ready-timeout`) |
| running | media must advance in the worker (`--watchdog`) |
| stopping | the end of the grace period; after SIGTERM, the time until SIGKILL |
| backing-off | the next start of the worker |
| failed, without a source | until then the stream is still shown |

## What each event does in each state
)";
    for (auto const& state : states()) print_state(out, state, all);
    return out;
}

}  // namespace tidegate::orchestrator::table
