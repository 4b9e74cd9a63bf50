#include "orchestrator/io/http/hook_history.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace tidegate::orchestrator {

namespace {

bool has_ended(PathHooks const& side, std::string const& source_id) {
    return std::ranges::find(side.ended_sources, source_id) != side.ended_sources.end();
}

void remember_end(PathHooks& side, std::string const& source_id) {
    if (has_ended(side, source_id)) return;
    side.ended_sources.push_back(source_id);
    if (side.ended_sources.size() > kEndedSources) side.ended_sources.pop_front();
}

// The two hooks of a session are sent by two processes, so "ready" may arrive after "not-ready".
HookOutcome ready(PathHooks& side, HookEvent const& event) {
    auto const& body = event.body;
    if (has_ended(side, body.source_id)) return HookOutcome::stale;
    if (side.live && side.source_id == body.source_id) return HookOutcome::repeated;
    if (side.live) remember_end(side, side.source_id);  // overridden
    side.live = true;
    side.source_id = body.source_id;
    side.source_type = body.source_type;
    side.query = body.query;
    side.since = event.at;
    return HookOutcome::accepted;
}

HookOutcome not_ready(PathHooks& side, HookEvent const& event) {
    auto const& source_id = event.body.source_id;
    auto const bound = side.source_id == source_id;
    remember_end(side, source_id);
    if (!bound) return HookOutcome::stale;
    if (!side.live) return HookOutcome::repeated;
    side.live = false;
    side.since = event.at;
    return HookOutcome::accepted;
}

template <class T>
void push_bounded(std::deque<T>& queue, T value, std::size_t most) {
    queue.push_back(std::move(value));
    if (queue.size() > most) queue.pop_front();
}

}  // namespace

std::string_view name(HookType type) {
    return type == HookType::ready ? "ready" : "not-ready";
}

std::string_view name(HookOutcome outcome) {
    if (outcome == HookOutcome::accepted) return "accepted";
    return outcome == HookOutcome::repeated ? "repeated" : "stale";
}

HookHistory::HookHistory(IsConfirmed is_confirmed) : is_confirmed_(std::move(is_confirmed)) {}

HookEventPtr HookHistory::apply(HookEvent event) {
    auto& stream = find_or_make(event.body.stream.stream_id);
    auto const previous = stream.last_events.empty() ? 0 : stream.last_events.back()->sequence;
    event.sequence = ++sequence_;
    auto& side = event.body.stream.direction == base::Direction::in ? stream.in : stream.out;
    event.outcome = event.type == HookType::ready ? ready(side, event) : not_ready(side, event);

    auto const shared = std::make_shared<HookEvent const>(std::move(event));
    ++stream.events;
    push_bounded(stream.last_events, shared, kEventsPerStream);
    push_bounded(events_, shared, kMaxEvents);
    live_.erase(previous);
    idle_.erase(previous);
    (stream.in.live || stream.out.live ? live_ : idle_).emplace(sequence_, stream.stream_id);
    return shared;
}

StreamHooks const* HookHistory::find(std::string_view stream_id) const {
    auto const found = streams_.find(stream_id);
    return found == streams_.end() ? nullptr : &found->second;
}

StreamHooks& HookHistory::find_or_make(std::string const& stream_id) {
    if (auto const found = streams_.find(stream_id); found != streams_.end()) return found->second;
    if (streams_.size() >= kMaxStreams) make_room();
    auto& made = streams_[stream_id];
    made.stream_id = stream_id;
    return made;
}

void HookHistory::make_room() {
    auto& from = idle_.empty() ? live_ : idle_;
    auto leaves = from.begin();
    if (idle_.empty() && is_confirmed_) {
        auto oldest = live_ | std::views::take(kMostConfirmed);
        auto const unconfirmed = std::ranges::find_if(
            oldest, [&](auto const& entry) { return !is_confirmed_(entry.second); });
        if (unconfirmed != oldest.end()) leaves = live_.find((*unconfirmed).first);
    }
    streams_.erase(leaves->second);
    from.erase(leaves);
}

}  // namespace tidegate::orchestrator
