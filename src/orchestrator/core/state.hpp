// All that is known of one stream: the state that it is in, whose alternatives hold exactly the
// data that has a meaning in them, and the history that outlives the states. A plain value: the
// state machine makes a new one from it, the API shows it. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "orchestrator/core/event.hpp"
#include "orchestrator/core/policy.hpp"

namespace tidegate::orchestrator {

inline constexpr std::size_t kMaxStatusLength = 256;  // a worker's status is one line for people

// A run lasts from the moment when a stream is desired until it is given up (its source stayed away
// for longer than the grace period), stopped, or failed. The worker may be restarted in a run, and
// the source may return in it.
struct Run {
    std::string id;        // a UUID
    unsigned attempt = 0;  // starts of a worker in this run; 0: none yet
};

// One worker of the stream, as far as the backend has told.
struct WorkerInfo {
    Generation generation = 0;
    std::optional<WorkerHandle> handle;  // nullopt: the backend has not yet answered the spawn
    bool adopted = false;                // found running, not started by us
    Time started{};
    std::optional<Time> ready_at;  // nullopt: not ready yet
    Time last_progress{};          // when media last advanced
    std::string status;            // its own words about itself
    std::string trouble;           // its own words about what is wrong; empty: nothing is
    std::string holding;           // why its output goes on without the source; empty: it does not
    WorkerFigures figures;         // what it measures, as of its last status
    std::vector<DubReport> dubs;   // what it says about its dubs, as of its last status
    std::optional<ForwardReport> forward;  // of a forwarder, likewise
    std::optional<Params> params;          // what it runs with; nullopt: adopted, and not known
    std::string router;                    // that it works for; empty: adopted, and not known

    bool operator==(WorkerInfo const&) const = default;
};

// What the stream's earlier workers did. It outlives every state.
struct History {
    Generation generation = 0;      // of the newest worker
    std::vector<Time> starts;       // within the policy's window, oldest first; at most max_starts
    unsigned failures = 0;          // in a row; the next delay doubles with each
    Time not_before = Time::min();  // no worker may be started before this
    std::uint64_t restarts = 0;     // starts that were not the first of their run; for the API
    std::optional<WorkerExit> last_exit;
    Time last_exit_at{};
    std::string last_words;  // the last status of the last worker; for the API
};

// There is no worker, and none is desired, unless an operator holds the stream back.
struct Idle {
    struct Hold {
        std::optional<Session> session;  // the one that was stopped; nullopt: not known yet
        bool live = true;                // its source is still there
    };
    std::optional<Hold> hold;  // nullopt: no operator holds it
};

// A worker was asked for and is not ready yet.
struct Starting {
    Run run;
    Session session;
    WorkerInfo worker;
    Time deadline;  // if it is not ready by then, it is replaced
};

// The worker's output is accepted.
struct Running {
    Run run;
    std::optional<Session> session;  // nullopt: adopted, and no list has shown the source yet
    WorkerInfo worker;
    Time deadline;  // if media has not advanced by then, the worker is replaced
};

// On the way out. In the phase `grace` the source is gone but may return, and the worker, if it
// still lives, goes on. In the phases `term` and `kill` the worker was told to end; once it is
// gone, what follows depends on whether the source is live.
struct Stopping {
    enum class Phase { grace, term, kill };
    enum class Cause {
        source_gone,
        operator_stop,
        operator_restart,
        params_changed,  // the source asks for other settings than the worker runs with
        router_changed,  // the source is at another router than the worker
        not_ready,       // the worker was not ready in time
        hung             // media stopped advancing in it
    };
    Run run;
    std::optional<Session> session;    // the last one that the stream was bound to
    std::optional<Time> gone_since;    // nullopt: the source is live
    std::optional<WorkerInfo> worker;  // nullopt: it is gone
    Phase phase;
    Cause cause;
    Time deadline;  // when this phase ends
};

// The source is live, and there is no worker for now.
struct BackingOff {
    enum class Why { worker_exited, spawn_failed, capped, switched_off };
    Run run;
    Session session;
    Why why;
    // When the next start is due; nullopt: it waits for a free slot (capped), or workers are
    // switched off.
    std::optional<Time> retry_at;
};

// Given up until there is a new session, or an operator restarts or resets it.
struct Failed {
    enum class Why { configuration, too_many_starts, refused };
    Run run;
    Session session;
    Why why;
    // When it is forgotten, since its source is gone; nullopt: the source is live.
    std::optional<Time> gone_until;
};

using State = std::variant<Idle, Starting, Running, Stopping, BackingOff, Failed>;
// In the order of State's alternatives.
enum class StateKind { idle, starting, running, stopping, backing_off, failed };
inline constexpr std::size_t kStateKinds = std::variant_size_v<State>;

struct StreamState {
    State state;
    Time since{};  // when it came into this kind of state
    History history;
    bool output_readable = false;  // the router's list shows live/<id>/out
    bool input_stalled = false;    // the source is there and sends nothing

    StateKind kind() const { return static_cast<StateKind>(state.index()); }
};

// The names in logs, metrics and the API: idle, starting, running, stopping, backing-off, failed.
std::string_view name(StateKind kind);
// The names in docs/states.md.
std::string_view name(Stopping::Phase phase);
std::string_view name(Stopping::Cause cause);
std::string_view name(BackingOff::Why why);
std::string_view name(Failed::Why why);

// When the stream needs a TimerFired; nullopt: never. It follows from the state alone, so there is
// no timer to start or to cancel.
std::optional<Time> deadline(StreamState const& stream);
// The present run; null: there is none.
Run const* run(StreamState const& stream);
// The session that the stream is bound to; null: none, or not known.
Session const* session(StreamState const& stream);
// The worker that lives or was asked for; null: there is none.
WorkerInfo const* worker(StreamState const& stream);
// The source is there, as far as is known. Of an adopted worker's stream that is assumed until a
// list says otherwise.
bool is_live(StreamState const& stream);
// The stream counts against max_workers: it has a worker, or it backs off until a start at a known
// time. So a worker that is started again never has to wait for a slot. A stream in its grace
// period without a worker has given its slot up.
bool holds_slot(StreamState const& stream);
// It is running, but its worker says that something is wrong.
bool is_degraded(StreamState const& stream);
// The source is away, and its worker fills the output with something else: running, or in the grace
// period.
bool is_holding(StreamState const& stream);
// What operators read as the state of a stream: its kind, or that it is degraded or holding.
enum class Shown { idle, starting, running, stopping, backing_off, failed, degraded, holding };
inline constexpr std::size_t kShownStates = 8;
std::string_view name(Shown shown);
// nullopt: it is no such name.
std::optional<Shown> parse_shown(std::string_view text);
Shown shown_state(StreamState const& stream);
std::string_view state_name(StreamState const& stream);

}  // namespace tidegate::orchestrator
