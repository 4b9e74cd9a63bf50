// All streams and their workers: a state machine for each stream, the timers, the limit of workers
// and the queue of streams that wait for one. An event costs O(log streams); it touches one stream,
// and those at the head of the queue if it frees a slot. Not thread-safe: lives on the control
// plane's loop. view() and views() return copies for the API.
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

// Something to be done for one stream's worker (perform() in worker_backend.hpp).
struct Command {
    std::string stream_id;
    Action action;
};

// A change that operators are told of. `to` may equal `from`: another phase of stopping, a worker
// that says something is wrong.
struct Transition {
    std::string stream_id;
    StateKind from;
    StateKind to;
    std::string_view from_name;  // state_name(): the kind's name, or "degraded", "holding"
    std::string_view to_name;
    std::string_view event;  // name() of the event that caused it
    std::string run_id;      // empty: there was no run
    std::string reason;      // explain() of the new state
};

// What the fleet wants done and told after an event.
struct Effects {
    std::vector<Command> commands;
    std::vector<Transition> transitions;
    unsigned stale_hints = 0;            // events with Note::stale_hint
    unsigned stale_worker_messages = 0;  // events with Note::stale_worker
};

class Fleet {
public:
    using StepFunction = Step (*)(StreamState const&, Event const&, Context const&);

    // policy must outlive the fleet. seed: all jitter and all run ids follow from it. machine:
    // tests pass a broken one to see whether their checks notice.
    Fleet(Policy const& policy, std::uint64_t seed, StepFunction machine = &step);

    // Something happened to a stream. What is to be done is appended to `effects`. REQUIRES:
    // base::is_stream_id(stream_id), and a `now` that never decreases.
    void handle(std::string_view stream_id, Event const& event, Time now, Effects& effects);
    // Fires every timer that is due. To be called at next_deadline(); an early call is harmless.
    void advance(Time now, Effects& effects);
    // nullopt: no stream waits for a time.
    std::optional<Time> next_deadline() const;

    // Null or nullopt: the stream is not known, because it never was desired or has been forgotten.
    StreamState const* find(std::string_view stream_id) const;
    std::optional<StreamView> view(std::string_view stream_id) const;
    std::vector<StreamView> views() const;  // sorted by stream id
    // Visits streams by id, from the first whose id is not less than `from`, until visit(id, state)
    // returns false.
    template <class Visit>
    void each_from(std::string_view from, Visit visit) const {
        for (auto it = streams_.lower_bound(from); it != streams_.end(); ++it) {
            if (!visit(it->first, it->second.stream)) return;
        }
    }
    // The same for the streams that are shown in this state.
    template <class Visit>
    void each_from(Shown shown, std::string_view from, Visit visit) const {
        auto const& ids = shown_[static_cast<std::size_t>(shown)];
        for (auto it = ids.lower_bound(from); it != ids.end(); ++it) {
            auto const entry = streams_.find(*it);
            if (!visit(entry->first, entry->second.stream)) return;
        }
    }
    std::size_t count(Shown shown) const { return shown_[static_cast<std::size_t>(shown)].size(); }
    std::size_t size() const { return streams_.size(); }
    // How many streams are in each state, in the order of StateKind.
    std::array<std::size_t, kStateKinds> const& by_state() const { return by_state_; }
    // How many streams hold a worker slot, how many wait for one, and how many are degraded.
    std::size_t slots_used() const { return slots_used_; }
    std::size_t waiting() const { return queue_.size(); }
    std::size_t degraded() const { return degraded_; }

private:
    using Key = std::pair<Time, std::uint64_t>;  // a time, and the order among equal ones
    struct Entry {
        StreamState stream;
        std::optional<Key> timer;             // its key in timers_
        std::optional<Key> forget;            // its key in forgetting_, while it is idle
        std::optional<std::uint64_t> ticket;  // its key in queue_, while it waits for a slot
    };
    using Entries = std::map<std::string, Entry, std::less<>>;
    using Index = std::map<Key, Entries::iterator>;

    void apply(Entries::iterator it, Event const& event, Time now, Effects& effects);
    void settle(Entries::iterator it, StreamState next, Time now);
    void show(Entries::iterator it, Shown before, Shown now);
    void sync_timer(Entry& entry, Entries::iterator it);
    void sync_queue(Entry& entry, Entries::iterator it);
    void sync_forget(Entry& entry, Entries::iterator it, Time now);
    void grant_slots(Time now, Effects& effects);
    void forget_old(Time now);
    void erase(Entries::iterator it);
    bool slot_free_for(StreamState const& stream) const;

    Policy const& policy_;
    StepFunction machine_;
    std::mt19937_64 random_;
    Entries streams_;
    Index timers_;      // by deadline
    Index forgetting_;  // by the time at which an idle stream is forgotten
    std::map<std::uint64_t, Entries::iterator> queue_;  // in order of arrival
    std::uint64_t next_ticket_ = 0;
    std::size_t slots_used_ = 0;
    std::size_t degraded_ = 0;
    std::array<std::size_t, kStateKinds> by_state_{};
    // Ids by what operators see; the keys of streams_.
    std::array<std::set<std::string_view, std::less<>>, kShownStates> shown_;
};

}  // namespace tidegate::orchestrator
