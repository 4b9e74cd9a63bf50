#include "orchestrator/core/desired_streams.hpp"

#include <algorithm>

#include "base/stream_id.hpp"

namespace tidegate::orchestrator {

namespace {

std::string query_key(std::string_view stream_id, std::string_view source_id) {
    std::string key(stream_id);
    key += '/';  // no stream id contains it
    key += source_id;
    return key;
}

}  // namespace

DesiredStreams::DesiredStreams(Policy const& policy) : policy_(policy) {}

void DesiredStreams::add_adopted(std::string_view stream_id) {
    streams_.try_emplace(std::string(stream_id)).first->second.desired = true;
}

void DesiredStreams::remember_query(std::string_view stream_id, std::string_view source_id,
                                    std::string_view query) {
    if (source_id.empty() || source_id.size() > kMaxSourceIdLength) return;
    auto const key = query_key(stream_id, source_id);
    auto const [it, is_new] = queries_.try_emplace(key);
    if (!is_new) query_order_.erase(it->second.ticket);
    it->second = {parse_query(query), next_ticket_};
    query_order_.emplace(next_ticket_++, key);
    if (queries_.size() <= kMaxRememberedQueries) return;
    queries_.erase(query_order_.begin()->second);
    query_order_.erase(query_order_.begin());
}

std::vector<StreamEvent> DesiredStreams::update(std::vector<PathItem> const& items, Time now) {
    next_list_due_.reset();
    std::vector<StreamEvent> events;
    auto listed = by_stream(items);
    for (auto const& [id, stream] : streams_) listed.try_emplace(id);
    for (auto const& [id, what] : listed) take_stream(id, what, now, events);
    return events;
}

void DesiredStreams::list_failed() {
    next_list_due_.reset();  // a router that does not answer is asked at the regular times only
}

std::vector<RejectedParam> const& DesiredStreams::rejected(std::string_view stream_id) const {
    static std::vector<RejectedParam> const kNone;
    auto const it = streams_.find(stream_id);
    return it == streams_.end() ? kNone : it->second.rejected;
}

DesiredStreams::ListedStreams DesiredStreams::by_stream(std::vector<PathItem> const& items) {
    ListedStreams listed;
    for (auto const& item : items) {
        if (!item.online) continue;
        auto const path = base::parse_stream_path(item.name);
        if (!path) continue;
        auto& stream = listed[path->stream_id];
        if (path->direction == base::Direction::in) {
            stream.input = &item;
        } else {
            stream.output = true;
        }
    }
    return listed;
}

void DesiredStreams::take_stream(std::string const& id, Listed const& listed, Time now,
                                 std::vector<StreamEvent>& out) {
    auto const it = streams_.try_emplace(id).first;
    auto& stream = it->second;
    auto const was_desired = stream.desired;
    if (listed.input) {
        take_input(id, stream, *listed.input, now, out);
    } else {
        take_absence(id, stream, out);
    }
    take_output(id, stream, listed.output, !was_desired, out);
    if (!stream.desired && !stream.waiting_since && !stream.reported_readable) streams_.erase(it);
}

void DesiredStreams::take_input(std::string const& id, Stream& stream, PathItem const& item,
                                Time now, std::vector<StreamEvent>& out) {
    auto params = params_of(id, item, stream);
    if (!stream.desired && !params && must_wait(stream, now)) return;
    stream.waiting_since.reset();
    auto const advanced = !stream.desired || stream.source_id != item.source_id ||
                          stream.inbound_bytes != item.inbound_bytes;
    stream.desired = true;
    stream.absent = 0;
    stream.source_id = item.source_id;
    stream.inbound_bytes = item.inbound_bytes;
    if (advanced || stream.advanced_at == Time{}) stream.advanced_at = now;
    out.emplace_back(id, event::Desired{{item.source_id, item.source_type, std::move(params)}});
    auto const stalled = now - stream.advanced_at >= policy_.stalled_after;
    if (stalled == stream.stalled) return;
    stream.stalled = stalled;
    out.emplace_back(id, event::InputStalled{stalled});
}

void DesiredStreams::take_absence(std::string const& id, Stream& stream,
                                  std::vector<StreamEvent>& out) const {
    stream.waiting_since.reset();
    if (!stream.desired || ++stream.absent < policy_.absent_lists) return;
    if (stream.stalled) out.emplace_back(id, event::InputStalled{false});
    out.emplace_back(id, event::NotDesired{});
    auto const reported_readable = stream.reported_readable;
    stream = {};
    stream.reported_readable = reported_readable;
}

// The fleet keeps a stream from its first Desired until some time after its NotDesired, and ignores
// what is said of any other. So a readable output is reported once the stream is desired, and
// reported again when the stream is desired anew, for the fleet may have forgotten the stream in
// between. An output that is gone is reported once.
void DesiredStreams::take_output(std::string const& id, Stream& stream, bool readable, bool is_new,
                                 std::vector<StreamEvent>& out) {
    auto const is_news = readable ? stream.desired && (is_new || !stream.reported_readable)
                                  : stream.reported_readable;
    if (!is_news) return;
    stream.reported_readable = readable;
    out.emplace_back(id, event::OutputReadable{readable});
}

// True while the hook of a stream that is not yet desired may still arrive.
bool DesiredStreams::must_wait(Stream& stream, Time now) {
    auto const until = stream.waiting_since.value_or(now) + policy_.hook_patience;
    if (until <= now) return false;
    if (!stream.waiting_since) stream.waiting_since = now;
    next_list_due_ = std::min(next_list_due_.value_or(until), until);
    return true;
}

// The settings that the source asks for, from the list or else from its hook; nullopt: neither has
// told them.
std::optional<Params> DesiredStreams::params_of(std::string const& id, PathItem const& item,
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
