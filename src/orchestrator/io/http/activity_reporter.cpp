#include "orchestrator/io/http/activity_reporter.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>
#include <vector>

#include "http/json_text.hpp"
#include "log/log.hpp"
#include "orchestrator/io/http/stream_json.hpp"

namespace tidegate::orchestrator {

namespace {

std::int64_t milliseconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

void write_with_pid(std::string_view event, std::string_view message,
                    std::vector<log::Field> fields, std::optional<int> pid) {
    if (pid) fields.push_back({"pid", std::int64_t{*pid}});
    log::write(log::Level::info, event, message, fields.data(), fields.size());
}

std::string now() {
    return to_text(std::chrono::system_clock::now());
}

}  // namespace

void ActivityReporter::tell(std::string const& stream_id, std::string_view type,
                            boost::json::object const& event) {
    auto text = http::to_text(event);
    feed_.publish_text(stream_id, type, text);
    records_.add_event(stream_id, type, std::move(text));
    on_change(stream_id);
}

void ActivityReporter::on_hook(HookEvent const& event) {
    tell(event.body.stream.stream_id, "hook", to_json(event));
}

void ActivityReporter::on_list(std::string const& router, std::vector<PathItem> const& items,
                               Time now) {
    if (watcher_.list) watcher_.list(router, items, now);
}

void ActivityReporter::on_look(std::string const& router, base::StreamPath const&,
                               PathItem const* item, Time now) {
    if (watcher_.look) watcher_.look(router, item, now);
}

void ActivityReporter::on_change(std::string_view stream_id) {
    if (watcher_.stream) watcher_.stream(stream_id);
}

void ActivityReporter::on_router(std::string const& router, bool there) {
    if (there) {
        routers_.try_emplace(router);
    } else {
        routers_.erase(router);
    }
    if (watcher_.router) watcher_.router(router, there);
    changed();
}

// Somebody has published to the second while the first was there, or the first does not know yet
// that its publisher is gone.
void ActivityReporter::on_router_conflict(RouterConflict const& conflict) {
    metrics_.router_conflict();
    log::write(log::Level::warn, "stream.on_two_routers",
               "two routers have the same stream; the one with the newest session counts",
               {{"streamId", std::string_view(conflict.stream_id)},
                {"router", std::string_view(conflict.router)},
                {"other", std::string_view(conflict.other)}});
    tell(conflict.stream_id, "router-conflict",
         {{"ts", now()},
          {"streamId", conflict.stream_id},
          {"router", conflict.router},
          {"other", conflict.other}});
}

void ActivityReporter::on_worker_line(std::string const& stream_id, std::string_view line) {
    records_.add_line(stream_id, line);
    if (!feed_.has_log_reader(stream_id)) return;
    feed_.publish_log(
        stream_id, http::to_text(boost::json::object{
                       {"streamId", stream_id}, {"lines", boost::json::array{std::string(line)}}}));
}

void ActivityReporter::on_router_doors(std::string const& router, RouterDoors const& doors) {
    routers_[router].doors = seen_from_outside(doors, ports_);
    changed();
}

void ActivityReporter::on_operate(std::string const& stream_id, OperatorAction action) {
    log::write(log::Level::info, "operator.command", "an operator commands a stream",
               {{"streamId", std::string_view(stream_id)}, {"action", name(action)}});
    tell(stream_id, "operator", {{"ts", now()}, {"streamId", stream_id}, {"action", name(action)}});
}

void ActivityReporter::on_record_switch(std::string const& stream_id, std::string_view path,
                                        bool on) {
    log::write(log::Level::info, "operator.command",
               on ? "an operator has a path recorded" : "an operator ends a path's recording",
               {{"streamId", std::string_view(stream_id)},
                {"path", path},
                {"action", on ? "record-start" : "record-stop"}});
    tell(stream_id, "operator",
         {{"ts", now()},
          {"streamId", stream_id},
          {"action", on ? "record-start" : "record-stop"},
          {"path", path}});
}

void ActivityReporter::on_worker_caption(std::string const& stream_id, DubCaption const& caption) {
    records_.add_caption(stream_id, caption);
    if (feed_.watchers() == 0) return;
    auto event = to_json(caption);
    event["streamId"] = stream_id;
    feed_.publish_watch("caption", http::to_text(event));
}

void ActivityReporter::on_dub_mode(std::string const& stream_id, DubReport const& dub) {
    bool const original = dub.mode != "dubbed";
    metrics_.dub_mode(!original);
    // A stream begins with the original until the first fragment is back.
    log::write(original && dub.reason != "starting" ? log::Level::warn : log::Level::info,
               "dub.mode", original ? "the original is heard" : "the dub is heard",
               {{"streamId", std::string_view(stream_id)},
                {"language", std::string_view(dub.language)},
                {"reason", std::string_view(dub.reason)},
                {"detail", std::string_view(dub.detail)}});
    auto event = to_json(dub, false);
    event["ts"] = now();
    event["streamId"] = stream_id;
    tell(stream_id, "dub", event);
}

void ActivityReporter::on_dub_refused(std::string const& stream_id,
                                      std::vector<std::string> const& languages) {
    boost::json::array named;
    std::string words;
    for (auto const& language : languages) {
        named.emplace_back(language);
        words += (words.empty() ? "" : ", ") + language;
    }
    log::write(
        log::Level::warn, "dub.refused",
        "a publisher asks for a language that is not offered; its stream is not dubbed into it",
        {{"streamId", std::string_view(stream_id)}, {"language", std::string_view(words)}});
    tell(stream_id, "dub-refused",
         {{"ts", now()}, {"streamId", stream_id}, {"languages", std::move(named)}});
}

void ActivityReporter::on_transition(Transition const& transition) {
    bool const bad = transition.to_name != name(transition.to);  // degraded, holding
    log::write(bad ? log::Level::warn : log::Level::info, "stream.transition", transition.reason,
               {{"streamId", std::string_view(transition.stream_id)},
                {"from", transition.from_name},
                {"to", transition.to_name},
                {"cause", transition.event},
                {"runId", std::string_view(transition.run_id)}});
    tell(transition.stream_id, "transition",
         {{"ts", now()},
          {"streamId", transition.stream_id},
          {"from", transition.from_name},
          {"to", transition.to_name},
          {"cause", transition.event},
          {"runId", transition.run_id},
          {"reason", transition.reason}});
}

void ActivityReporter::on_worker_start(std::string const& stream_id, std::optional<int> pid) {
    metrics_.worker_started();
    write_with_pid("worker.started", "a worker has been started",
                   {{"streamId", std::string_view(stream_id)}}, pid);
    boost::json::object event{{"ts", now()}, {"streamId", stream_id}};
    if (pid) event["pid"] = *pid;
    tell(stream_id, "worker-start", event);
}

void ActivityReporter::on_worker_adopted(std::string const& stream_id, std::string const& run_id,
                                         std::optional<int> pid) {
    write_with_pid("worker.adopted", "found a worker of an earlier service",
                   {{"streamId", std::string_view(stream_id)}, {"runId", std::string_view(run_id)}},
                   pid);
    boost::json::object event{{"ts", now()}, {"streamId", stream_id}, {"runId", run_id}};
    if (pid) event["pid"] = *pid;
    tell(stream_id, "worker-adopted", event);
}

void ActivityReporter::on_worker_exit(std::string const& stream_id, WorkerExit const& exit) {
    metrics_.worker_exited(label(exit));
    auto const meaning = describe(exit);
    log::write(is_stopped(exit) ? log::Level::info : log::Level::warn, "worker.exited", meaning,
               {{"streamId", std::string_view(stream_id)}, {"exit", label(exit)}});
    tell(stream_id, "worker-exit",
         {{"ts", now()}, {"streamId", stream_id}, {"exit", label(exit)}, {"meaning", meaning}});
}

void ActivityReporter::on_output_readable(std::string const& stream_id,
                                          std::chrono::nanoseconds after) {
    metrics_.output_readable(after);
    log::write(log::Level::info, "output.readable", "the processed stream can be read",
               {{"streamId", std::string_view(stream_id)}, {"durationMs", milliseconds(after)}});
    tell(stream_id, "output-readable",
         {{"ts", now()}, {"streamId", stream_id}, {"afterMs", milliseconds(after)}});
}

void ActivityReporter::on_stale_hint(std::string const& stream_id) {
    metrics_.stale_hint();
    log::write(log::Level::info, "hint.stale",
               "a not-ready hook of a source that is not the bound one changes nothing",
               {{"streamId", std::string_view(stream_id)}});
}

// With one router, nobody needs its name.
std::vector<log::Field> ActivityReporter::named(std::string const& router) const {
    if (routers_.size() < 2) return {};
    return {{"router", std::string_view(router)}};
}

void ActivityReporter::on_resync(ListStatus const& status) {
    bool const reached = status.error.empty();
    auto const found = routers_.find(status.router);
    if (found == routers_.end()) return;
    auto& router = found->second;
    router.error = status.error;
    auto const before = std::exchange(router.reachable, reached);
    metrics_.resynced(status.took, reached);
    metrics_.router_reachable(all_routers_reachable());
    if (watcher_.resync) watcher_.resync();
    if (before == reached) return;
    changed();
    auto fields = named(status.router);
    if (!reached) {
        log::write(log::Level::warn, "router.unreachable", status.error, fields.data(),
                   fields.size());
    } else if (before) {
        log::write(log::Level::info, "router.reached", "the router answers again", fields.data(),
                   fields.size());
    }
}

bool ActivityReporter::any_router_reachable() const {
    return std::ranges::any_of(
        routers_, [](auto const& one) { return one.second.reachable.value_or(false); });
}

bool ActivityReporter::all_routers_reachable() const {
    return !routers_.empty() && std::ranges::all_of(routers_, [](auto const& one) {
        return one.second.reachable.value_or(false);
    });
}

std::string ActivityReporter::router_error() const {
    if (routers_.empty()) return "there is no router yet";
    for (auto const& [name, router] : routers_) {
        if (router.error.empty()) continue;
        if (routers_.size() > 1) return name + ": " + router.error;
        return router.reachable ? router.error : "the router has not been asked yet";
    }
    return {};
}

}  // namespace tidegate::orchestrator
