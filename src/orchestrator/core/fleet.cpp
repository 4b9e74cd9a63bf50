#include "orchestrator/core/fleet.hpp"

#include <utility>

namespace tidegate::orchestrator {

namespace {

bool is_forgettable(StreamState const& stream) {
    auto const* idle = std::get_if<Idle>(&stream.state);
    return idle && !(idle->hold && idle->hold->live);
}

bool is_waiting_for_slot(StreamState const& stream) {
    auto const* waiting = std::get_if<BackingOff>(&stream.state);
    return waiting && waiting->why == BackingOff::Why::capped;
}

// A change that operators are told of: another kind of state, another phase or cause of stopping,
// that something is wrong with a running worker (or no longer is), or that its output goes on
// without the source.
bool is_transition(StreamState const& from, StreamState const& to) {
    if (from.kind() != to.kind()) return true;
    auto const* before = std::get_if<Stopping>(&from.state);
    auto const* after = std::get_if<Stopping>(&to.state);
    if (is_degraded(from) != is_degraded(to) || is_holding(from) != is_holding(to)) return true;
    return before && after && (before->phase != after->phase || before->cause != after->cause);
}

}  // namespace

Fleet::Fleet(Policy const& policy, std::uint64_t seed, StepFunction machine)
    : policy_(policy), machine_(machine), random_(seed) {}

void Fleet::handle(std::string_view stream_id, Event const& event, Time now, Effects& effects) {
    auto it = streams_.find(stream_id);
    auto const is_new = it == streams_.end();
    if (is_new) {
        it = streams_.try_emplace(std::string(stream_id)).first;
        it->second.stream.since = now;
        ++by_state_[0];
        shown_[0].insert(it->first);
    }
    apply(it, event, now, effects);
    // The event meant nothing to an unknown stream, so the stream stays unknown: forged or late
    // messages must not fill the memory.
    if (is_new && it->second.stream.kind() == StateKind::idle &&
        !it->second.stream.history.last_exit) {
        erase(it);
    }
    grant_slots(now, effects);
    forget_old(now);
}

void Fleet::advance(Time now, Effects& effects) {
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
        auto const it = timers_.begin()->second;
        apply(it, event::TimerFired{}, now, effects);
        grant_slots(now, effects);
    }
    forget_old(now);
}

std::optional<Time> Fleet::next_deadline() const {
    if (timers_.empty()) return std::nullopt;
    return timers_.begin()->first.first;
}

StreamState const* Fleet::find(std::string_view stream_id) const {
    auto const it = streams_.find(stream_id);
    return it == streams_.end() ? nullptr : &it->second.stream;
}

std::optional<StreamView> Fleet::view(std::string_view stream_id) const {
    auto const* stream = find(stream_id);
    if (!stream) return std::nullopt;
    return make_view(stream_id, *stream, policy_);
}

std::vector<StreamView> Fleet::views() const {
    std::vector<StreamView> views;
    views.reserve(streams_.size());
    for (auto const& [id, entry] : streams_) views.push_back(make_view(id, entry.stream, policy_));
    return views;
}

void Fleet::apply(Entries::iterator it, Event const& event, Time now, Effects& effects) {
    auto& stream = it->second.stream;
    Context const context{now, policy_, {random_(), random_()}, slot_free_for(stream)};
    auto result = machine_(stream, event, context);
    if (result.note == Note::stale_hint) ++effects.stale_hints;
    if (result.note == Note::stale_worker) ++effects.stale_worker_messages;
    if (result.action) effects.commands.push_back({it->first, *std::move(result.action)});
    if (is_transition(stream, result.next)) {
        // If the run has just ended, the transition is still about that run.
        auto const* told = run(result.next) ? run(result.next) : run(stream);
        effects.transitions.push_back({it->first, stream.kind(), result.next.kind(),
                                       state_name(stream), state_name(result.next), name(event),
                                       told ? told->id : std::string{},
                                       explain(result.next, policy_)});
    }
    settle(it, std::move(result.next), now);
}

void Fleet::settle(Entries::iterator it, StreamState next, Time now) {
    auto& entry = it->second;
    slots_used_ -= holds_slot(entry.stream) ? 1 : 0;
    --by_state_[entry.stream.state.index()];
    degraded_ -= is_degraded(entry.stream) ? 1 : 0;
    auto const before = shown_state(entry.stream);
    entry.stream = std::move(next);
    show(it, before, shown_state(entry.stream));
    degraded_ += is_degraded(entry.stream) ? 1 : 0;
    slots_used_ += holds_slot(entry.stream) ? 1 : 0;
    ++by_state_[entry.stream.state.index()];
    sync_timer(entry, it);
    sync_queue(entry, it);
    sync_forget(entry, it, now);
}

void Fleet::show(Entries::iterator it, Shown before, Shown now) {
    if (before == now) return;
    auto node = shown_[static_cast<std::size_t>(before)].extract(it->first);
    shown_[static_cast<std::size_t>(now)].insert(std::move(node));
}

// The three indexes (timers, queue, streams to be forgotten) are derived from the state after each
// event, so they cannot contradict it.
void Fleet::sync_timer(Entry& entry, Entries::iterator it) {
    auto const due = deadline(entry.stream);
    if (entry.timer && due && entry.timer->first == *due) return;
    if (entry.timer) timers_.erase(*entry.timer);
    entry.timer.reset();
    if (!due) return;
    entry.timer = Key{*due, next_ticket_++};
    timers_.emplace(*entry.timer, it);
}

void Fleet::sync_queue(Entry& entry, Entries::iterator it) {
    auto const waits = is_waiting_for_slot(entry.stream);
    if (waits == entry.ticket.has_value()) return;
    if (waits) {
        entry.ticket = next_ticket_++;
        queue_.emplace(*entry.ticket, it);
    } else {
        queue_.erase(*entry.ticket);
        entry.ticket.reset();
    }
}

void Fleet::sync_forget(Entry& entry, Entries::iterator it, Time now) {
    auto const forgettable = is_forgettable(entry.stream);
    if (forgettable == entry.forget.has_value()) return;
    if (forgettable) {
        entry.forget = Key{now + policy_.idle_kept_for, next_ticket_++};
        forgetting_.emplace(*entry.forget, it);
    } else {
        forgetting_.erase(*entry.forget);
        entry.forget.reset();
    }
}

// Offers free slots to the streams that wait, in order of arrival. A stream may not take its slot
// (it has to wait for its next start, or has failed); the slot is then offered to the next.
void Fleet::grant_slots(Time now, Effects& effects) {
    while (!queue_.empty() && slots_used_ < policy_.max_workers) {
        auto const it = queue_.begin()->second;
        apply(it, event::SlotFree{}, now, effects);
        if (it->second.ticket) break;  // it still waits: offering again would never end
    }
}

void Fleet::forget_old(Time now) {
    while (!forgetting_.empty() &&
           (forgetting_.size() > policy_.idle_kept || forgetting_.begin()->first.first <= now)) {
        erase(forgetting_.begin()->second);
    }
}

void Fleet::erase(Entries::iterator it) {
    auto& entry = it->second;
    if (entry.timer) timers_.erase(*entry.timer);
    if (entry.forget) forgetting_.erase(*entry.forget);
    if (entry.ticket) queue_.erase(*entry.ticket);
    --by_state_[entry.stream.state.index()];
    degraded_ -= is_degraded(entry.stream) ? 1 : 0;
    shown_[static_cast<std::size_t>(shown_state(entry.stream))].erase(it->first);
    streams_.erase(it);
}

bool Fleet::slot_free_for(StreamState const& stream) const {
    return holds_slot(stream) || slots_used_ < policy_.max_workers;
}

}  // namespace tidegate::orchestrator
