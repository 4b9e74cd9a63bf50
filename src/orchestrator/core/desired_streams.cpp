#include "orchestrator/core/desired_streams.hpp"

#include <algorithm>
#include <variant>

namespace tidegate::orchestrator {

DesiredStreams::DesiredStreams(Policy const& policy) : policy_(policy) {}

void DesiredStreams::add_router(std::string_view router) {
    router_named(router);
}

DesiredStreams::Router& DesiredStreams::router_named(std::string_view name) {
    auto it = routers_.find(name);
    if (it == routers_.end()) {
        it = routers_.try_emplace(std::string(name), Router{std::string(name)}).first;
    }
    return it->second;
}

DesiredStreams::Claim& DesiredStreams::claim_of(Router& router, std::string_view id) {
    if (auto const known = router.claims.find(id); known != router.claims.end()) {
        return known->second;
    }
    auto const it = router.claims.try_emplace(std::string(id)).first;
    it->second.router = &router;
    it->second.id = &it->first;
    it->second.stream = &streams_[it->first];
    ++it->second.stream->claims;
    return it->second;
}

void DesiredStreams::add_adopted(std::string_view stream_id, std::string_view router) {
    auto const found = routers_.find(router);
    if (found == routers_.end()) {
        if (!streams_.contains(stream_id)) orphans_[std::string(stream_id)];
        return;
    }
    auto& claim = claim_of(found->second, stream_id);
    stop_waiting(claim);
    if (!claim.desired) join(claim);
}

void DesiredStreams::remember_query(std::string_view stream_id, std::string_view source_id,
                                    std::string_view query) {
    queries_.add(stream_id, source_id, query);
    repeat(stream_id);
}

void DesiredStreams::note(std::string_view stream_id, Event const& event) {
    bool const is_ours = std::holds_alternative<event::Desired>(event) ||
                         std::holds_alternative<event::NotDesired>(event) ||
                         std::holds_alternative<event::OutputReadable>(event) ||
                         std::holds_alternative<event::InputStalled>(event);
    bool const is_report = std::holds_alternative<event::WorkerProgress>(event) ||
                           std::holds_alternative<event::WorkerStatus>(event);
    if (!is_ours && !is_report) repeat(stream_id);
}

void DesiredStreams::repeat(std::string_view stream_id) {
    auto const found = streams_.find(stream_id);
    if (found != streams_.end() && found->second.owner) found->second.owner->repeat = true;
}

std::vector<StreamEvent> DesiredStreams::update(std::string_view name,
                                                std::vector<PathItem> const& items, Time asked) {
    Events events;
    auto& router = router_named(name);
    router.asked = true;
    ++router.lists;
    std::vector<std::string_view> outputs;
    for (auto const& item : items) {
        auto const path = item.online ? base::view_stream_path(item.name) : std::nullopt;
        if (!path) continue;
        if (path->direction == base::Direction::out) {
            outputs.push_back(path->stream_id);
            continue;
        }
        auto& claim = claim_of(router, path->stream_id);
        claim.input_listed = router.lists;
        if (claim.input_asked <= asked) take_input(claim, item, asked, true, events);
    }
    for (auto const& id : outputs) {
        auto const found = router.claims.find(id);
        if (found == router.claims.end()) continue;
        found->second.output_listed = router.lists;
    }
    for (auto it = router.claims.begin(); it != router.claims.end();) {
        auto const next = std::next(it);
        auto& claim = it->second;
        if (claim.input_listed != router.lists && claim.input_asked <= asked) {
            claim.input_asked = asked;
            take_absence(claim, events);
        }
        if (claim.output_asked <= asked) {
            claim.output_asked = asked;
            claim.output = claim.output_listed == router.lists;
        }
        take_output(claim, events);
        drop_if_empty(router, it);
        it = next;
    }
    take_orphans(router, events);
    return events;
}

std::vector<StreamEvent> DesiredStreams::look(std::string_view name, base::StreamPath const& path,
                                              PathItem const* item, Time asked, bool may_wait) {
    Events events;
    auto& router = router_named(name);
    bool const online = item != nullptr && item->online;
    bool const is_input = path.direction == base::Direction::in;
    if (is_input && online) claim_of(router, path.stream_id);
    auto const found = router.claims.find(path.stream_id);
    if (found == router.claims.end()) return events;
    auto& claim = found->second;
    auto& known = is_input ? claim.input_asked : claim.output_asked;
    if (known > asked) return events;
    known = asked;
    if (!is_input) {
        claim.output = online;
    } else if (online) {
        take_input(claim, *item, asked, may_wait, events);
    } else {
        stop_waiting(claim);
    }
    take_output(claim, events);
    drop_if_empty(router, found);
    return events;
}

std::vector<StreamEvent> DesiredStreams::list_failed(std::string_view name) {
    Events events;
    auto& router = router_named(name);
    if (std::exchange(router.asked, true)) return events;
    for (auto& [id, claim] : router.claims) elect(*claim.stream, events, nullptr);
    return events;
}

std::vector<StreamEvent> DesiredStreams::drop_router(std::string_view name) {
    Events events;
    auto const found = routers_.find(name);
    if (found == routers_.end()) return events;
    auto& router = found->second;
    for (auto it = router.claims.begin(); it != router.claims.end();) {
        auto const next = std::next(it);
        if (it->second.desired) give_up(it->second, events);
        stop_waiting(it->second);
        it->second.output = false;
        take_output(it->second, events);
        drop_if_empty(router, it);
        it = next;
    }
    routers_.erase(found);
    for (auto& [id, lists] : orphans_) lists.erase(std::string(name));
    return events;
}

void DesiredStreams::take_input(Claim& claim, PathItem const& item, Time asked, bool may_wait,
                                Events& out) {
    claim.input_asked = asked;
    bool const is_new = claim.session == 0 || claim.source_id != item.source_id;
    bool const is_due = (claim.session + claim.router->lists) % policy_.repeat_lists == 0;
    bool is_told = is_new || claim.repeat || item.query || is_due;
    std::optional<Params> params;
    if (is_told) params = params_of(claim, item.source_id, item.query);
    if (!claim.desired && !params && may_wait && must_wait(claim, asked)) return;
    stop_waiting(claim);
    claim.absent = 0;
    if (is_new) {
        take_new_session(claim, item);
        elect(*claim.stream, out, &claim);
    }
    if (claim.stream->owner != &claim) {
        if (!is_new) note_conflict(claim);
        claim.inbound_bytes = item.inbound_bytes;
        return;
    }
    if (is_told) tell_desired(claim, std::move(params), out);
    take_flow(claim, item, is_new, asked, out);
}

void DesiredStreams::take_new_session(Claim& claim, PathItem const& item) {
    claim.source_id = item.source_id;
    claim.source_type = item.source_type;
    claim.began = item.began;
    claim.session = ++sessions_;
    orphans_.erase(*claim.id);
    if (!claim.desired) join(claim);
}

void DesiredStreams::join(Claim& claim) {
    claim.desired = true;
    auto& stream = *claim.stream;
    if (stream.owner == nullptr) {
        stream.owner = &claim;
    } else {
        if (stream.others.empty()) ++doubled_;
        stream.others.push_back(&claim);
    }
}

void DesiredStreams::take_flow(Claim& claim, PathItem const& item, bool is_new, Time asked,
                               Events& out) {
    bool const advanced =
        is_new || claim.inbound_bytes != item.inbound_bytes || claim.advanced_at == Time{};
    claim.inbound_bytes = item.inbound_bytes;
    if (advanced) claim.advanced_at = asked;
    bool const stalled = asked - claim.advanced_at >= policy_.stalled_after;
    if (stalled == claim.stream->stalled) return;
    claim.stream->stalled = stalled;
    out.emplace_back(*claim.id, event::InputStalled{stalled});
}

void DesiredStreams::take_absence(Claim& claim, Events& out) {
    stop_waiting(claim);
    if (!claim.desired || ++claim.absent < policy_.absent_lists) return;
    give_up(claim, out);
}

// The stream is the next newest session's, if there is one.
void DesiredStreams::give_up(Claim& claim, Events& out) {
    auto& stream = *claim.stream;
    claim.desired = false;
    claim.absent = 0;
    claim.session = 0;
    claim.source_id.clear();
    bool const was_doubled = !stream.others.empty();
    if (stream.owner != &claim) {
        std::erase(stream.others, &claim);
    } else if (was_doubled) {
        stream.owner = stream.others.back();
        stream.others.pop_back();
        elect(stream, out, stream.owner);
        auto& owner = *stream.owner;
        tell_desired(owner, params_of(owner, owner.source_id, std::nullopt), out);
    } else {
        stream.owner = nullptr;
        if (std::exchange(stream.stalled, false)) {
            out.emplace_back(*claim.id, event::InputStalled{false});
        }
        out.emplace_back(*claim.id, event::NotDesired{});
    }
    if (was_doubled && stream.others.empty()) {
        --doubled_;
        stream.conflict_told = false;
    }
}

// The fleet keeps a stream from its first Desired until some time after its source is gone, and
// ignores what is said of any other. So a readable output is reported once the stream is desired,
// and again whenever that is told again, for the fleet may have forgotten the stream in between. An
// output that is gone is reported once. The output counts where the stream is.
void DesiredStreams::take_output(Claim& claim, Events& out) {
    auto& stream = *claim.stream;
    if (stream.owner != nullptr && stream.owner != &claim) return;
    bool const is_news = claim.output
                             ? stream.owner == &claim && (stream.fresh || !stream.reported_readable)
                             : stream.reported_readable;
    if (stream.owner == &claim) stream.fresh = false;
    if (!is_news) return;
    stream.reported_readable = claim.output;
    out.emplace_back(*claim.id, event::OutputReadable{claim.output});
}

void DesiredStreams::take_orphans(Router const& router, Events& out) {
    for (auto it = orphans_.begin(); it != orphans_.end();) {
        auto& [id, lists] = *it;
        ++lists[router.name];
        bool const gone = std::ranges::all_of(routers_, [&](auto const& one) {
            auto const found = lists.find(one.first);
            return found != lists.end() && found->second >= policy_.absent_lists;
        });
        if (gone) out.emplace_back(id, event::NotDesired{});
        it = gone ? orphans_.erase(it) : std::next(it);
    }
}

void DesiredStreams::stop_waiting(Claim& claim) {
    if (!claim.waiting_since) return;
    waiting_.erase({*claim.waiting_since + policy_.hook_patience, &claim});
    claim.waiting_since.reset();
}

// True while the hook of a stream that is not yet desired may still arrive, or its router may tell
// the query.
bool DesiredStreams::must_wait(Claim& claim, Time now) {
    auto const late = claim.waiting_since.value_or(now) + policy_.hook_patience;
    if (late + policy_.query_patience <= now) return false;
    if (!claim.waiting_since) {
        claim.waiting_since = now;
        waiting_.emplace(late, &claim);
    }
    return true;
}

void DesiredStreams::tell_desired(Claim& claim, std::optional<Params> params, Events& out) {
    claim.repeat = false;
    claim.stream->fresh = true;
    out.emplace_back(*claim.id, event::Desired{{claim.source_id, claim.source_type,
                                                std::move(params), claim.router->name}});
}

// Makes the newest session the owner. told: the claim whose Desired the caller tells.
void DesiredStreams::elect(Stream& stream, Events& out, Claim const* told) {
    if (stream.owner == nullptr) return;
    auto* newest = stream.owner;
    for (auto* const other : stream.others) {
        if (is_newer(*other, *newest)) newest = other;
    }
    if (newest == stream.owner) return;
    std::ranges::replace(stream.others, newest, stream.owner);
    stream.owner = newest;
    if (newest == told) return;
    tell_desired(*newest, params_of(*newest, newest->source_id, std::nullopt), out);
}

// A worker that was found keeps its stream until its router has been asked.
bool DesiredStreams::is_newer(Claim const& one, Claim const& other) const {
    if (one.session == 0 || other.session == 0) {
        return other.session == 0 && one.session != 0 && other.router->asked;
    }
    if (one.began && other.began && one.began != other.began) return *one.began > *other.began;
    return one.session > other.session;
}

// A router that shows an older session again, after the newer one was seen, really has it. (A
// session that has just moved may be in the last list of the router that it has left.)
void DesiredStreams::note_conflict(Claim const& claim) {
    auto& stream = *claim.stream;
    if (stream.conflict_told || stream.owner->session == 0) return;
    stream.conflict_told = true;
    conflicts_.push_back({*claim.id, stream.owner->router->name, claim.router->name});
}

void DesiredStreams::drop_if_empty(Router& router, Claims::iterator it) {
    auto const& claim = it->second;
    auto* const stream = claim.stream;
    bool const tells_output = stream->owner == nullptr && stream->reported_readable;
    if (claim.desired || claim.waiting_since || (tells_output && claim.output)) return;
    if (--stream->claims == 0) streams_.erase(streams_.find(it->first));
    router.claims.erase(it);
}

// The settings that the source asks for, from the list or else from its hook; nullopt: neither has
// told them.
std::optional<Params> DesiredStreams::params_of(Claim& claim, std::string const& source_id,
                                                std::optional<std::string> const& query) const {
    if (query) {
        auto parsed = parse_query(*query);
        claim.rejected = std::move(parsed.rejected);
        return std::move(parsed.params);
    }
    auto const* const known = queries_.find(*claim.id, source_id);
    if (known == nullptr) return std::nullopt;
    claim.rejected = known->rejected;
    return known->params;
}

std::optional<Time> DesiredStreams::next_look_due() const {
    return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
}

std::vector<std::pair<std::string, std::string>> DesiredStreams::due_looks(Time now) {
    std::vector<std::pair<std::string, std::string>> looks;
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
        auto const& claim = *waiting_.begin()->second;
        looks.emplace_back(*claim.id, claim.router->name);
        waiting_.erase(waiting_.begin());
    }
    std::ranges::sort(looks);
    return looks;
}

std::string DesiredStreams::router_of(std::string_view stream_id) const {
    auto const found = streams_.find(stream_id);
    if (found == streams_.end() || found->second.owner == nullptr) return {};
    return found->second.owner->router->name;
}

std::vector<std::string> DesiredStreams::also_on(std::string_view stream_id) const {
    std::vector<std::string> names;
    auto const found = streams_.find(stream_id);
    if (found == streams_.end()) return names;
    for (auto const* const other : found->second.others) names.push_back(other->router->name);
    std::ranges::sort(names);
    return names;
}

std::vector<RejectedParam> const& DesiredStreams::rejected(std::string_view stream_id) const {
    static std::vector<RejectedParam> const kNone;
    auto const it = streams_.find(stream_id);
    if (it == streams_.end() || it->second.owner == nullptr) return kNone;
    return it->second.owner->rejected;
}

}  // namespace tidegate::orchestrator
