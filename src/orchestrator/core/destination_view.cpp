#include "orchestrator/core/destination_view.hpp"

#include <utility>
#include <variant>

#include "orchestrator/core/view.hpp"

namespace tidegate::orchestrator {

namespace {

struct NameOfState {
    bool enabled;

    std::string operator()(Idle const&) const { return enabled ? "waiting" : "off"; }
    std::string operator()(Starting const&) const { return "connecting"; }
    std::string operator()(Running const& state) const {
        auto const& report = state.worker.forward;
        if (!report) return "connecting";
        if (report->phase == "forwarding")
            return state.worker.trouble.empty() ? "forwarding" : "slow";
        if (report->phase == "retrying" || report->phase == "paused") return report->phase;
        return report->error.empty() ? "connecting" : "retrying";
    }
    std::string operator()(Stopping const& state) const {
        bool const waits = state.phase == Stopping::Phase::grace;
        return waits ? "waiting" : "stopping";
    }
    std::string operator()(BackingOff const&) const { return "retrying"; }
    std::string operator()(Failed const& state) const {
        return state.why == Failed::Why::refused ? "refused" : "failed";
    }
};

std::string reason_for(StreamState const& stream, Policy const& policy) {
    auto const* const running = std::get_if<Running>(&stream.state);
    if (running == nullptr) return explain(stream, policy);
    auto const& worker = running->worker;
    return worker.trouble.empty() ? worker.status : worker.trouble;
}

}  // namespace

DestinationView view_destination(ShownDestination shown, StreamState const* stream,
                                 Policy const& policy) {
    DestinationView view;
    bool const enabled = shown.enabled;
    view.shown = std::move(shown);
    view.state = enabled ? "waiting" : "off";
    view.reason = enabled ? "the stream has no output" : "switched off";
    if (stream == nullptr) return view;
    bool const ends = !enabled && stream->kind() == StateKind::stopping;
    if (enabled || ends) view.state = std::visit(NameOfState{enabled}, stream->state);
    view.since = stream->since;
    view.restarts = stream->history.restarts;
    if (auto const* const process = worker(*stream)) view.worker = *process;
    if (view.worker && view.worker->forward) view.report = *view.worker->forward;
    if ((enabled || ends) && stream->kind() != StateKind::idle) {
        view.reason = reason_for(*stream, policy);
    }
    if (!enabled) return view;
    auto const kind = stream->kind();
    bool const has_ended = kind == StateKind::failed || kind == StateKind::backing_off;
    view.last_error = has_ended ? stream->history.last_words : view.report.error;
    return view;
}

}  // namespace tidegate::orchestrator
