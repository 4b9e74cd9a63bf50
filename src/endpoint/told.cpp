#include "endpoint/told.hpp"

#include <algorithm>

#include "http/json_text.hpp"

namespace tidegate::endpoint {

namespace {

std::uint64_t milliseconds_between(Told::Time from, Told::Time to) {
    auto const passed = std::chrono::duration_cast<std::chrono::milliseconds>(to - from);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(passed.count(), 0));
}

}  // namespace

std::optional<std::string> not_ready(Told const& told) {
    if (told.stopping) return "ending: " + told.text;
    if (told.ready_at) return std::nullopt;
    return told.text.empty() ? "starting" : told.text;
}

std::optional<std::string> hanging(Told const& told, Told::Time now) {
    if (!told.ready_at || told.stopping) return std::nullopt;
    auto const since = std::max(*told.ready_at, told.heartbeat_at.value_or(*told.ready_at));
    if (now - since < kHangsAfter + told.delay) return std::nullopt;
    auto const seconds = milliseconds_between(since, now) / 1000;
    return "no media has advanced for " + std::to_string(seconds) + " s: " + told.text;
}

std::string to_json(Told const& told, RunName const& run, Told::Time now) {
    std::string text;
    http::JsonObject object(text);
    object.add("streamId", run.stream_id);
    if (!run.destination.empty()) object.add("destination", run.destination);
    object.add("runId", run.run_id)
        .add("ready", told.ready_at.has_value())
        .add("stopping", told.stopping)
        .add("hanging", hanging(told, now).has_value())
        .add("heartbeats", told.heartbeats);
    if (told.heartbeat_at) {
        object.add("heartbeatAgeMs", milliseconds_between(*told.heartbeat_at, now));
    } else {
        object.add_null("heartbeatAgeMs");
    }
    object.add("status", told.text)
        .add("degraded", told.trouble)
        .add("holding", told.holding)
        .add("figures", told.figures);
    http::append_array(object.begin("dubs"), told.dubs,
                       [](std::string& to, std::string const& dub) { to += dub; });
    if (!told.forward.empty()) object.begin("forward") += told.forward;
    object.end();
    return text;
}

}  // namespace tidegate::endpoint
