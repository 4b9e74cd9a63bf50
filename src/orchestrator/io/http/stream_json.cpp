#include "orchestrator/io/http/stream_json.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "log/timestamp.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

json::value to_json(Side const& side) {
    if (side.since == WallTime{}) return nullptr;  // no event has named it
    return json::object{{"live", side.live},
                        {"since", to_text(side.since)},
                        {"sourceType", side.source_type},
                        {"sourceId", side.source_id},
                        {"query", side.query}};
}

json::value to_json(std::optional<Params> const& params) {
    if (!params) return nullptr;
    json::object object;
    for (auto const& [key, value] : *params) object[key] = value;
    return object;
}

json::value to_json(std::optional<Worker> const& worker, PidOf const& pid_of) {
    if (!worker || !worker->handle) return nullptr;
    auto const pid = pid_of(*worker->handle);
    return json::object{
        {"pid", pid ? json::value(*pid) : nullptr},
        {"started", to_text(worker->started)},
        {"readySince", worker->ready_at ? json::value(to_text(*worker->ready_at)) : nullptr},
        {"adopted", worker->adopted},
        {"status", worker->status},
        {"params", to_json(worker->params)}};
}

json::value last_exit(StreamView const& view) {
    if (!view.last_exit) return nullptr;
    return json::object{{"at", to_text(view.last_exit_at)},
                        {"reason", label(*view.last_exit)},
                        {"meaning", describe(*view.last_exit)}};
}

// Every stream is shown with the same fields, whoever tells of it.
StreamView known_from_hooks() {
    StreamView view;
    view.reason = "known from hooks only; the router's list does not show it";
    return view;
}

}  // namespace

std::string to_text(WallTime time) {
    std::string text;
    log::append_utc_micros(text, time);
    return text;
}

std::string to_text(Time time) {
    auto const ago = Clock::now() - time;
    return to_text(std::chrono::system_clock::now() -
                   std::chrono::duration_cast<std::chrono::system_clock::duration>(ago));
}

json::object to_json(HookEvent const& event) {
    auto const& body = event.body;
    return {{"sequence", event.sequence},
            {"ts", to_text(event.at)},
            {"type", name(event.type)},
            {"outcome", name(event.outcome)},
            {"streamId", body.stream.stream_id},
            {"path", body.path},
            {"query", body.query},
            {"sourceType", body.source_type},
            {"sourceId", body.source_id},
            {"correlationId", event.correlation_id}};
}

json::object to_json(StreamView const& view, PidOf const& pid_of) {
    return {{"state", state_name(view)},
            {"since", to_text(view.since)},
            {"reason", view.reason},
            {"runId", view.run_id.empty() ? json::value(nullptr) : json::value(view.run_id)},
            {"sourceId", view.session ? json::value(view.session->source_id) : nullptr},
            {"sourceType", view.session ? json::value(view.session->source_type) : nullptr},
            {"input", {{"live", view.input_live}, {"stalled", view.input_stalled}}},
            {"output", {{"readable", view.output_readable}}},
            {"worker", to_json(view.worker, pid_of)},
            {"attempt", view.attempt},
            {"restarts", view.restarts},
            {"lastExit", last_exit(view)},
            {"nextRetry", view.next_retry ? json::value(to_text(*view.next_retry)) : nullptr}};
}

json::object stream_json(std::string_view stream_id, StreamRecord const* record,
                         std::optional<StreamView> const& view, PidOf const& pid_of) {
    // The router's list is the truth, hooks are hints (design §6).
    bool const live = view && view->input_live;
    json::object object{{"streamId", stream_id}, {"live", live}};
    for (auto& [key, value] : to_json(view ? *view : known_from_hooks(), pid_of)) {
        object[key] = std::move(value);
    }
    if (!view && record != nullptr) {
        object["since"] = to_text(std::max(record->in.since, record->out.since));
    }
    object["hooks"] = nullptr;
    if (record != nullptr) {
        object["hooks"] = {{"in", to_json(record->in)},
                           {"out", to_json(record->out)},
                           {"events", record->events},
                           {"lastEventAt", to_text(record->last_events.back()->at)}};
    }
    return object;
}

}  // namespace tidegate::orchestrator
