#include "orchestrator/io/http/destination_json.hpp"

#include <utility>

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

// The status of a forwarder has its bitrate, and the reason of one that waits counts seconds.
bool is_steady(DestinationView const& view) {
    return view.state != "forwarding" && view.state != "retrying" && view.state != "paused";
}

}  // namespace

json::object to_json(DestinationView const& view) {
    auto const& shown = view.shown;
    return {{"name", shown.name},
            {"url", shown.url},
            {"origin", shown.from_api ? "api" : "file"},
            {"enabled", shown.enabled},
            {"state", view.state},
            {"reason", is_steady(view) ? view.reason : view.last_error},
            {"error", view.last_error},
            {"errorKind", view.report.error_kind}};
}

json::object to_json(DestinationView const& view, PidOf const& pid_of) {
    auto object = to_json(view);
    auto const& report = view.report;
    object["reason"] = view.reason;
    object["since"] =
        view.since == Time{} ? json::value(nullptr) : json::value(to_text(view.since));
    object["connections"] = report.connections;
    object["attempt"] = report.attempt;
    object["bytes"] = report.bytes;
    object["bitsPerSecond"] = report.bits_per_second;
    object["droppedUnits"] = report.dropped;
    object["retryInMs"] =
        report.retry_in_ms ? json::value(*report.retry_in_ms) : json::value(nullptr);
    object["restarts"] = view.restarts;
    object["pid"] = nullptr;
    if (view.worker && view.worker->handle) {
        if (auto const pid = pid_of(*view.worker->handle)) object["pid"] = *pid;
    }
    return object;
}

json::array destinations_json(std::vector<DestinationView> const& views) {
    json::array all;
    for (auto const& view : views) all.push_back(to_json(view));
    return all;
}

void remove_counts(DestinationView& view) {
    if (!is_steady(view)) view.reason.clear();
    view.worker.reset();
    view.restarts = 0;
    ForwardReport kept;
    kept.error_kind = view.report.error_kind;
    view.report = std::move(kept);
}

}  // namespace tidegate::orchestrator
