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

DesiredForwards::DesiredForwards(Policy const& policy, Wanted wanted, RouterOf router_of)
    : policy_(policy), wanted_(std::move(wanted)), router_of_(std::move(router_of)) {}

void DesiredForwards::add_adopted(std::string_view name, std::string const& router) {
    auto const parsed = parse_forward_name(name);
    if (!parsed) return;
    auto& stream = streams_[parsed->stream_id];
    stream.live = true;
    if (stream.router.empty()) stream.router = router;
    stream.told.try_emplace(parsed->destination);
}

std::vector<StreamEvent> DesiredForwards::update(std::string const& router,
                                                 std::vector<PathItem> const& items) {
    std::vector<StreamEvent> events;
    routers_.insert(router);
    for (auto& [id, stream] : streams_) stream.listed = stream.listed && stream.router != router;
    for (auto const& item : items) take_item(router, item, events);
    for (auto& [id, stream] : streams_) {
        bool const told_here = stream.router == router || !routers_.contains(stream.router);
        if (stream.live && !stream.listed && told_here) take_absence(id, stream, events);
    }
    forget();
    return events;
}

std::vector<StreamEvent> DesiredForwards::look(std::string const& router, PathItem const& item) {
    std::vector<StreamEvent> events;
    take_item(router, item, events);
    return events;
}

std::vector<StreamEvent> DesiredForwards::drop_router(std::string const& router) {
    std::vector<StreamEvent> events;
    routers_.erase(router);
    for (auto& [id, stream] : streams_) {
        if (stream.live && stream.router == router) give_up(id, stream, events);
    }
    forget();
    return events;
}

std::vector<StreamEvent> DesiredForwards::refresh() {
    std::vector<StreamEvent> events;
    for (auto& [id, stream] : streams_) {
        if (stream.live && stream.listed) tell(id, stream, events);
    }
    return events;
}

void DesiredForwards::take_item(std::string const& router, PathItem const& item,
                                std::vector<StreamEvent>& out) {
    auto const path = item.online ? base::view_stream_path(item.name) : std::nullopt;
    if (!path || path->direction != base::Direction::out) return;
    std::string const id(path->stream_id);
    auto known = streams_.find(id);
    if (known == streams_.end()) {
        if (wanted_(id).empty()) return;
        known = streams_.try_emplace(id).first;
    }
    auto& stream = known->second;
    auto const owner = router_of_ ? router_of_(id) : std::string();
    bool const elsewhere =
        owner.empty() ? stream.listed && stream.router != router : owner != router;
    if (elsewhere) return;
    stream.live = stream.listed = true;
    stream.absent = 0;
    stream.router = router;
    stream.source_id = item.source_id;
    stream.source_type = item.source_type;
    tell(id, stream, out);
}

// A forwarder that reads from a router that is none of ours is given up if no router shows its
// stream.
void DesiredForwards::take_absence(std::string const& id, Stream& stream,
                                   std::vector<StreamEvent>& out) const {
    auto const lists = policy_.absent_lists *
                       (routers_.contains(stream.router) ? std::size_t{1} : routers_.size());
    if (++stream.absent >= lists) give_up(id, stream, out);
}

void DesiredForwards::give_up(std::string const& id, Stream& stream,
                              std::vector<StreamEvent>& out) const {
    for (auto const& [destination, told] : stream.told) {
        out.emplace_back(forward_name(id, destination), event::NotDesired{});
    }
    // A stop holds while the stream is away, so it is remembered: who switches the destination on
    // meanwhile must release it.
    std::erase_if(stream.told, [](auto const& one) { return !one.second.stopped; });
    stream.live = stream.listed = false;
    stream.absent = 0;
}

void DesiredForwards::forget() {
    std::erase_if(streams_,
                  [](auto const& one) { return !one.second.live && one.second.told.empty(); });
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
        out.emplace_back(name, event::Desired{{stream.source_id, stream.source_type,
                                               std::move(params), stream.router}});
    }
}

}  // namespace tidegate::orchestrator
