// All streams: a machine per stream id, their timers, and the limit of workers. One event costs
// O(log streams) and touches one stream (and the first in the queue when it frees a slot). Not
// thread safe: lives on the control thread; the API reads copies made by view()/views() there.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/core/stream_machine.hpp"
#include "orchestrator/core/view.hpp"

namespace tidegate::orchestrator {

// For the worker backend (perform() in worker_backend.hpp); what comes of it is handed to
// Fleet::handle.
struct Command {
    std::string stream_id;
    Action action;
};

// For the log, the event stream and the metrics. `to` may equal `from` (a changed phase, a worker
// that says it is of no full use).
struct Transition {
    std::string stream_id;
    StateKind from;
    StateKind to;
    std::string_view from_name;  // state_name()
    std::string_view to_name;
    std::string_view event;  // its name
    std::string run_id;
    std::string reason;
};

struct Output {
    std::vector<Command> commands;
    std::vector<Transition> transitions;
    unsigned stale_hints = 0;
    unsigned stale_worker_messages = 0;
};

class Fleet {
public:
    using StepFunction = Step (*)(StreamState const&, Event const&, Context const&);

    // `policy` outlives the fleet. `seed`: jitter and run ids come from it alone. `machine`: tests
    // put a broken one here, to see that they notice.
    Fleet(Policy const& policy, std::uint64_t seed, StepFunction machine = &step);

    // REQUIRES: base::is_stream_id(stream_id); `now` never decreases. Appends to `out`.
    void handle(std::string_view stream_id, Event const& event, Time now, Output& out);
    // Fires every timer that is due. Call at next_deadline(); calling early is harmless.
    void advance(Time now, Output& out);
    std::optional<Time> next_deadline() const;

    StreamState const* find(std::string_view stream_id) const;
    std::optional<StreamView> view(std::string_view stream_id) const;
    std::vector<StreamView> views() const;  // by stream id
    std::size_t size() const { return streams_.size(); }
    // Streams per state, in the order of StateKind, and slots in use; both kept, not counted.
    std::array<std::size_t, kStateKinds> const& by_state() const { return by_state_; }
    std::size_t slots_used() const { return slots_used_; }
    std::size_t waiting() const { return queue_.size(); }
    std::size_t degraded() const { return degraded_; }

private:
    using Key = std::pair<Time, std::uint64_t>;  // ties in order of arming
    struct Entry {
        StreamState stream;
        std::optional<Key> timer;
        std::optional<Key> forget;            // when idle
        std::optional<std::uint64_t> ticket;  // in the queue for a slot
    };
    using Entries = std::map<std::string, Entry, std::less<>>;
    using Index = std::map<Key, Entries::iterator>;

    void apply(Entries::iterator it, Event const& event, Time now, Output& out);
    void settle(Entries::iterator it, StreamState next, Time now);
    void sync_timer(Entry& entry, Entries::iterator it);
    void sync_queue(Entry& entry, Entries::iterator it);
    void sync_forget(Entry& entry, Entries::iterator it, Time now);
    void grant_slots(Time now, Output& out);
    void forget_old(Time now);
    void erase(Entries::iterator it);
    bool slot_free_for(StreamState const& stream) const;

    Policy const& policy_;
    StepFunction machine_;
    std::mt19937_64 random_;
    Entries streams_;
    Index timers_;
    Index forgetting_;
    std::map<std::uint64_t, Entries::iterator> queue_;
    std::uint64_t next_ticket_ = 0;
    std::size_t slots_used_ = 0;
    std::size_t degraded_ = 0;
    std::array<std::size_t, kStateKinds> by_state_{};
};

}  // namespace tidegate::orchestrator
