#include "orchestrator/io/http/stream_json.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <chrono>
#include <utility>

#include "http/json_text.hpp"
#include "log/timestamp.hpp"
#include "orchestrator/io/http/destination_json.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

json::value to_json(PathHooks const& side) {
    if (side.since == WallTime{}) return nullptr;  // no hook has named this path
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

json::value to_json(std::optional<WorkerInfo> const& worker, SiteOf const& site_of) {
    if (!worker || !worker->handle) return nullptr;
    auto const [pid, place] = site_of(*worker->handle);
    auto const text = [](std::string const& word) {
        return word.empty() ? json::value(nullptr) : json::value(word);
    };
    return json::object{
        {"pid", pid ? json::value(*pid) : nullptr},
        {"pod", place ? text(place->pod) : nullptr},
        {"node", place ? text(place->node) : nullptr},
        {"started", to_text(worker->started)},
        {"readySince", worker->ready_at ? json::value(to_text(*worker->ready_at)) : nullptr},
        {"adopted", worker->adopted},
        {"status", worker->status},
        {"router", worker->router.empty() ? json::value(nullptr) : json::value(worker->router)},
        {"params", to_json(worker->params)}};
}

json::array dubs_json(StreamView const& view) {
    json::array dubs;
    for (auto const& dub : view.dubs) dubs.push_back(to_json(dub, false));
    return dubs;
}

json::value router_json(StreamView const& view) {
    bool const known = view.session && !view.session->router.empty();
    return known ? json::value(view.session->router) : json::value(nullptr);
}

json::value last_exit(StreamView const& view) {
    if (!view.last_exit) return nullptr;
    return json::object{{"at", to_text(view.last_exit_at)},
                        {"reason", label(*view.last_exit)},
                        {"meaning", describe(*view.last_exit)}};
}

// A stream that only hooks have named is shown with the same fields as any other.
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

json::object to_json(StreamView const& view, SiteOf const& site_of) {
    return {{"state", state_name(view)},
            {"since", to_text(view.since)},
            {"reason", view.reason},
            {"runId", view.run_id.empty() ? json::value(nullptr) : json::value(view.run_id)},
            {"sourceId", view.session ? json::value(view.session->source_id) : nullptr},
            {"sourceType", view.session ? json::value(view.session->source_type) : nullptr},
            {"router", router_json(view)},
            {"alsoOn", json::array(view.also_on.begin(), view.also_on.end())},
            {"input", {{"live", view.input_live}, {"stalled", view.input_stalled}}},
            {"output", {{"readable", view.output_readable}}},
            {"worker", to_json(view.worker, site_of)},
            {"dubs", dubs_json(view)},
            {"destinations", destinations_json(view.destinations)},
            {"attempt", view.attempt},
            {"restarts", view.restarts},
            {"lastExit", last_exit(view)},
            {"nextRetry", view.next_retry ? json::value(to_text(*view.next_retry)) : nullptr}};
}

json::object to_json(DubReport const& dub, bool whole) {
    json::object object{{"language", dub.language},
                        {"mode", dub.mode},
                        {"reason", dub.reason},
                        {"detail", dub.detail}};
    if (!whole) return object;
    json::object fallbacks;
    for (auto const& [reason, count] : dub.fallbacks) fallbacks[reason] = count;
    auto const measured = [](std::optional<double> value) {
        return value ? json::value(*value) : json::value(nullptr);
    };
    object["sent"] = dub.sent;
    object["dubbed"] = dub.dubbed;
    object["fallbacks"] = std::move(fallbacks);
    object["inFlight"] = dub.in_flight;
    object["roundTripP50Ms"] = measured(dub.rtt_p50_ms);
    object["roundTripP95Ms"] = measured(dub.rtt_p95_ms);
    object["breaker"] = dub.breaker;
    object["delayMs"] = measured(dub.delay_ms);
    object["stretch"] = measured(dub.stretch);
    object["loudnessDb"] = measured(dub.loudness_db);
    object["reconnections"] = dub.reconnections;
    object["backpressure"] = dub.backpressure;
    return object;
}

json::object to_json(DubCaption const& caption) {
    return {{"language", caption.language},      {"fragment", caption.fragment},
            {"at", to_text(caption.at)},         {"durationMs", caption.duration.count()},
            {"dubbed", caption.dubbed},          {"transcript", caption.transcript},
            {"translation", caption.translation}};
}

json::object stream_json(std::string_view stream_id, StreamHooks const* hooks,
                         std::optional<StreamView> const& view, SiteOf const& site_of) {
    // The router's list decides whether a stream is live; hooks are hints.
    bool const live = view && view->input_live;
    json::object object{{"streamId", stream_id}, {"live", live}};
    for (auto& [key, value] : to_json(view ? *view : known_from_hooks(), site_of)) {
        object[key] = std::move(value);
    }
    if (!view && hooks != nullptr) {
        object["since"] = to_text(std::max(hooks->in.since, hooks->out.since));
    }
    object["hooks"] = nullptr;
    if (hooks != nullptr) {
        object["hooks"] = {{"in", to_json(hooks->in)},
                           {"out", to_json(hooks->out)},
                           {"events", hooks->events},
                           {"lastEventAt", to_text(hooks->last_events.back()->at)}};
    }
    return object;
}

void remove_counts(StreamView& view) {
    for (auto& destination : view.destinations) remove_counts(destination);
    if (view.worker) view.worker->dubs.clear();
    for (auto& dub : view.dubs) {
        DubReport kept;
        kept.language = dub.language;
        kept.mode = dub.mode;
        kept.reason = dub.reason;
        kept.detail = dub.detail;
        dub = std::move(kept);
    }
}

}  // namespace tidegate::orchestrator
