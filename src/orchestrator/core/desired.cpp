#include "orchestrator/core/desired.hpp"

#include <algorithm>

#include "base/stream_id.hpp"

namespace tidegate::orchestrator {

namespace {

std::string query_key(std::string_view stream_id, std::string_view source_id) {
    std::string key(stream_id);
    key += '/';  // not part of a stream id
    key += source_id;
    return key;
}

}  // namespace

Desired::Desired(Policy const& policy) : policy_(policy) {}

void Desired::adopted(std::string_view stream_id) {
    streams_.try_emplace(std::string(stream_id)).first->second.wanted = true;
}

void Desired::note_ready(std::string_view stream_id, std::string_view source_id,
                         std::string_view query) {
    if (source_id.empty() || source_id.size() > kMaxSourceIdLength) return;
    auto const key = query_key(stream_id, source_id);
    auto const [it, fresh] = queries_.try_emplace(key);
    if (!fresh) query_order_.erase(it->second.ticket);
    it->second = {parse_query(query), next_ticket_};
    query_order_.emplace(next_ticket_++, key);
    if (queries_.size() <= kMaxRememberedQueries) return;
    queries_.erase(query_order_.begin()->second);
    query_order_.erase(query_order_.begin());
}

std::vector<StreamEvent> Desired::complete(std::vector<PathItem> const& items, Time now) {
    last_complete_ = now;
    next_due_.reset();
    std::vector<StreamEvent> events;
    auto seen = sort_out(items);
    for (auto const& [id, stream] : streams_) seen.try_emplace(id);
    for (auto const& [id, what] : seen) see(id, what, now, events);
    return events;
}

void Desired::unknown(Time now) {
    last_unknown_ = now;
    next_due_.reset();  // a router that does not answer is asked no more often than otherwise
}

std::vector<RejectedParam> const& Desired::rejected(std::string_view stream_id) const {
    static std::vector<RejectedParam> const kNone;
    auto const it = streams_.find(stream_id);
    return it == streams_.end() ? kNone : it->second.rejected;
}

Desired::SeenStreams Desired::sort_out(std::vector<PathItem> const& items) {
    SeenStreams seen;
    for (auto const& item : items) {
        if (!item.online) continue;
        auto const path = base::parse_stream_path(item.name);
        if (!path) continue;
        auto& stream = seen[path->stream_id];
        if (path->direction == base::Direction::in) {
            stream.input = &item;
        } else {
            stream.output = true;
        }
    }
    return seen;
}

void Desired::see(std::string const& id, Seen const& seen, Time now,
                  std::vector<StreamEvent>& out) {
    auto const it = streams_.try_emplace(id).first;
    auto& stream = it->second;
    auto const was_wanted = stream.wanted;
    if (seen.input) {
        see_input(id, *seen.input, now, out);
    } else {
        miss_input(id, stream, out);
    }
    see_output(id, seen.output, !was_wanted, out);
    if (!stream.wanted && !stream.held_since && !stream.output_told) streams_.erase(it);
}

// Nobody knows the stream of an output before it is wanted, and what was told in an earlier life of
// it may be forgotten.
void Desired::see_output(std::string const& id, bool readable, bool anew,
                         std::vector<StreamEvent>& out) {
    auto& stream = streams_.find(id)->second;
    auto const tell =
        readable ? stream.wanted && (anew || !stream.output_told) : stream.output_told;
    if (!tell) return;
    stream.output_told = readable;
    out.emplace_back(id, event::OutputReadable{readable});
}

void Desired::see_input(std::string const& id, PathItem const& item, Time now,
                        std::vector<StreamEvent>& out) {
    auto& stream = streams_.find(id)->second;
    auto params = params_of(id, item, stream);
    if (!stream.wanted && !params && hold_back(stream, now)) return;
    stream.held_since.reset();
    auto const moved = !stream.wanted || stream.source_id != item.source_id ||
                       stream.inbound_bytes != item.inbound_bytes;
    stream.wanted = true;
    stream.absent = 0;
    stream.source_id = item.source_id;
    stream.inbound_bytes = item.inbound_bytes;
    if (moved || stream.advanced_at == Time{}) stream.advanced_at = now;
    out.emplace_back(id, event::Desired{{item.source_id, item.source_type, std::move(params)}});
    auto const stalled = now - stream.advanced_at >= policy_.stalled_after;
    if (stalled == stream.stalled) return;
    stream.stalled = stalled;
    out.emplace_back(id, event::InputStalled{stalled});
}

void Desired::miss_input(std::string const& id, Stream& stream,
                         std::vector<StreamEvent>& out) const {
    stream.held_since.reset();
    if (!stream.wanted || ++stream.absent < policy_.absent_lists) return;
    if (stream.stalled) out.emplace_back(id, event::InputStalled{false});
    out.emplace_back(id, event::NotDesired{});
    auto const output_told = stream.output_told;
    stream = {};
    stream.output_told = output_told;
}

bool Desired::hold_back(Stream& stream, Time now) {
    auto const due = stream.held_since.value_or(now) + policy_.hook_patience;
    if (due <= now) return false;
    if (!stream.held_since) stream.held_since = now;
    next_due_ = std::min(next_due_.value_or(due), due);
    return true;
}

std::optional<Params> Desired::params_of(std::string const& id, PathItem const& item,
                                         Stream& stream) const {
    if (item.query) {
        auto parsed = parse_query(*item.query);
        stream.rejected = std::move(parsed.rejected);
        return std::move(parsed.params);
    }
    auto const known = queries_.find(query_key(id, item.source_id));
    if (known == queries_.end()) return std::nullopt;
    stream.rejected = known->second.parsed.rejected;
    return known->second.parsed.params;
}

}  // namespace tidegate::orchestrator
