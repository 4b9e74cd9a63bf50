// What is known of one stream: a variant whose alternatives hold exactly the data that has a
// meaning in them, and the history that outlives them. A plain value; copied by step(), read by the
// API's view.
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

inline constexpr std::size_t kMaxStatusLength = 256;  // STATUS= is one line for people

// A run lasts from the moment a stream is wanted until it is given up (grace over), stopped or
// failed. Restarts of the worker and returns within the grace period belong to it.
struct Run {
    std::string id;
    unsigned attempt = 0;  // starts of a worker in this run; 0 before the first
};

struct Worker {
    Generation generation = 0;
    std::optional<WorkerHandle> handle;  // nullopt: the backend has not yet answered the spawn
    bool adopted = false;
    Time started{};
    std::optional<Time> ready_at;
    Time last_progress{};
    std::string status;
    std::string trouble;           // why it is of no full use, in its words; empty: it is
    std::optional<Params> params;  // what it runs with; nullopt: adopted and not known

    bool operator==(Worker const&) const = default;
};

// What earlier workers of this stream did; outlives every state.
struct History {
    Generation generation = 0;      // of the newest worker
    std::vector<Time> starts;       // within the window, oldest first; at most max_starts
    unsigned failures = 0;          // bad exits in a row: the exponent of the delay
    Time not_before = Time::min();  // the next start
    std::uint64_t restarts = 0;     // starts of a worker after the first of their run; for the API
    std::optional<WorkerExit> last_exit;
    Time last_exit_at{};
};

// No worker, and none wanted, unless an operator holds it back.
struct Idle {
    struct Hold {
        std::optional<Session> session;  // the one that was stopped; nullopt: not known yet
        bool live = true;
    };
    std::optional<Hold> hold;
};

// A worker was asked for and is not READY yet.
struct Starting {
    Run run;
    Session session;
    Worker worker;
    Time deadline;  // not READY by then: replaced
};

struct Running {
    Run run;
    std::optional<Session> session;  // nullopt: adopted, and no list has told yet
    Worker worker;
    Time deadline;  // no progress by then: replaced
};

// The way out. `grace`: the source is gone and may return, the worker (if it still lives) goes on.
// `term`, `kill`: the worker was told to end; what follows depends on whether the source is live
// then.
struct Stopping {
    enum class Phase { grace, term, kill };
    enum class Cause {
        source_gone,
        operator_stop,
        operator_restart,
        params_changed,
        not_ready,
        hung
    };
    Run run;
    std::optional<Session> session;  // the last bound one
    std::optional<Time> gone_since;  // unset: the source is live
    std::optional<Worker> worker;
    Phase phase;
    Cause cause;
    Time deadline;
};

// Live, without a worker for now, and it is known until when.
struct BackingOff {
    enum class Why { worker_exited, spawn_failed, capped, switched_off };
    Run run;
    Session session;
    Why why;
    std::optional<Time> retry_at;  // unset: waits for a slot, or for ever (switched off)
};

// Given up until a new session, a restart or a reset.
struct Failed {
    enum class Why { configuration, too_many_starts };
    Run run;
    Session session;
    Why why;
    std::optional<Time> gone_until;  // set: the source is gone, forgotten at that time
};

using State = std::variant<Idle, Starting, Running, Stopping, BackingOff, Failed>;
enum class StateKind { idle, starting, running, stopping, backing_off, failed };  // State's index
inline constexpr std::size_t kStateKinds = std::variant_size_v<State>;

struct StreamState {
    State state;
    Time since{};  // in this kind of state
    History history;
    bool output_readable = false;
    bool input_stalled = false;

    StateKind kind() const { return static_cast<StateKind>(state.index()); }
};

std::string_view name(StateKind kind);  // design's names: idle, ..., backing-off, failed
std::string_view name(Stopping::Phase phase);
std::string_view name(Stopping::Cause cause);
std::string_view name(BackingOff::Why why);
std::string_view name(Failed::Why why);

// The one timer of a stream is a function of its state: there is nothing to arm, cancel or get
// stale.
std::optional<Time> deadline(StreamState const& stream);
Run const* run(StreamState const& stream);
Session const* session(StreamState const& stream);  // the bound one
Worker const* worker(StreamState const& stream);
// The source is there as far as is known (Running: also while no list has told otherwise).
bool is_live(StreamState const& stream);
// Counts against max_workers: from the start until the run ends, so that a restart needs no new
// slot.
bool holds_slot(StreamState const& stream);
// Running, and the worker says why it is of no full use.
bool is_degraded(StreamState const& stream);
// What operators read: the kind's name, or "degraded".
std::string_view state_name(StreamState const& stream);

}  // namespace tidegate::orchestrator
