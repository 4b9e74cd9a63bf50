#include "orchestrator/core/desired_forwards.hpp"

#include "base/stream_id.hpp"

namespace tidegate::orchestrator {

namespace {

constexpr char kSeparator = '.';  // in no stream id and in no destination's name

}  // namespace

bool is_destination_name(std::string_view text) {
    return text.size() <= kMaxDestinationName && base::is_stream_id(text);
}

std::string forward_name(std::string_view stream_id, std::string_view destination) {
    std::string name(stream_id);
    name += kSeparator;
    name += destination;
    return name;
}

std::optional<ForwardName> parse_forward_name(std::string_view name) {
    auto const separator = name.find(kSeparator);
    if (separator == std::string_view::npos) return std::nullopt;
    auto const stream_id = name.substr(0, separator);
    auto const destination = name.substr(separator + 1);
    if (!base::is_stream_id(stream_id) || !is_destination_name(destination)) return std::nullopt;
    return ForwardName{std::string(stream_id), std::string(destination)};
}

DesiredForwards::DesiredForwards(Policy const& policy, Wanted wanted)
    : policy_(policy), wanted_(std::move(wanted)) {}

void DesiredForwards::add_adopted(std::string_view name) {
    auto const parsed = parse_forward_name(name);
    if (!parsed) return;
    auto& stream = streams_[parsed->stream_id];
    stream.live = true;
    stream.told.try_emplace(parsed->destination);
}

std::vector<StreamEvent> DesiredForwards::update(std::vector<PathItem> const& items) {
    std::vector<StreamEvent> events;
    for (auto& [id, stream] : streams_) stream.listed = false;
    for (auto const& item : items) {
        auto const path = item.online ? base::parse_stream_path(item.name) : std::nullopt;
        if (!path || path->direction != base::Direction::out) continue;
        auto& stream = streams_[path->stream_id];
        stream.listed = true;
        take_listed(path->stream_id, stream, item, events);
    }
    for (auto& [id, stream] : streams_) {
        if (stream.live && !stream.listed) take_absence(id, stream, events);
    }
    std::erase_if(streams_,
                  [](auto const& one) { return !one.second.live && one.second.told.empty(); });
    return events;
}

std::vector<StreamEvent> DesiredForwards::refresh() {
    std::vector<StreamEvent> events;
    for (auto& [id, stream] : streams_) {
        if (stream.live && stream.listed) tell(id, stream, events);
    }
    return events;
}

void DesiredForwards::take_listed(std::string const& id, Stream& stream, PathItem const& item,
                                  std::vector<StreamEvent>& out) {
    stream.live = true;
    stream.absent = 0;
    stream.source_id = item.source_id;
    stream.source_type = item.source_type;
    tell(id, stream, out);
}

void DesiredForwards::take_absence(std::string const& id, Stream& stream,
                                   std::vector<StreamEvent>& out) const {
    if (++stream.absent < policy_.absent_lists) return;
    for (auto const& [destination, told] : stream.told) {
        out.emplace_back(forward_name(id, destination), event::NotDesired{});
    }
    // A stop holds while the stream is away, so it is remembered: who switches the destination on
    // meanwhile must release it.
    std::erase_if(stream.told, [](auto const& one) { return !one.second.stopped; });
    stream.live = false;
}

// Desired is repeated with every list, as that of workers is. Nothing that an operator has stopped
// is desired, so a stop holds until the destination is switched on again.
void DesiredForwards::tell(std::string const& id, Stream& stream, std::vector<StreamEvent>& out) {
    auto const wanted = wanted_(id);
    for (auto& [destination, told] : stream.told) {
        auto const found = wanted.find(destination);
        bool const on = found != wanted.end() && found->second.enabled;
        if (on || told.stopped) continue;
        told.stopped = true;
        out.emplace_back(forward_name(id, destination), event::OperatorStop{});
    }
    for (auto const& [destination, want] : wanted) {
        if (!want.enabled) continue;
        auto const name = forward_name(id, destination);
        auto& told = stream.told[destination];
        bool const is_new_url = !told.revision.empty() && told.revision != want.revision;
        if (told.stopped || is_new_url) out.emplace_back(name, event::OperatorReset{});
        told = {false, want.revision};
        Params params{{kRevision, want.revision}};
        out.emplace_back(name,
                         event::Desired{{stream.source_id, stream.source_type, std::move(params)}});
    }
}

}  // namespace tidegate::orchestrator
