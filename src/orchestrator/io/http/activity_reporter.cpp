#include "orchestrator/io/http/activity_reporter.hpp"

#include <utility>
#include <vector>

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

void ActivityReporter::on_hook(HookEvent const& event) {
    if (feed_.readers() != 0) feed_.publish("hook", to_json(event));
}

void ActivityReporter::on_transition(Transition const& transition) {
    bool const bad = transition.to_name != name(transition.to);  // degraded
    log::write(bad ? log::Level::warn : log::Level::info, "stream.transition", transition.reason,
               {{"streamId", std::string_view(transition.stream_id)},
                {"from", transition.from_name},
                {"to", transition.to_name},
                {"cause", transition.event},
                {"runId", std::string_view(transition.run_id)}});
    feed_.publish("transition", {{"ts", now()},
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
    feed_.publish("worker-start", event);
}

void ActivityReporter::on_worker_adopted(std::string const& stream_id, std::string const& run_id,
                                         std::optional<int> pid) {
    write_with_pid("worker.adopted", "found a worker of an earlier service",
                   {{"streamId", std::string_view(stream_id)}, {"runId", std::string_view(run_id)}},
                   pid);
}

void ActivityReporter::on_worker_exit(std::string const& stream_id, WorkerExit const& exit) {
    metrics_.worker_exited(label(exit));
    auto const meaning = describe(exit);
    log::write(is_stopped(exit) ? log::Level::info : log::Level::warn, "worker.exited", meaning,
               {{"streamId", std::string_view(stream_id)}, {"exit", label(exit)}});
    feed_.publish(
        "worker-exit",
        {{"ts", now()}, {"streamId", stream_id}, {"exit", label(exit)}, {"meaning", meaning}});
}

void ActivityReporter::on_output_readable(std::string const& stream_id,
                                          std::chrono::nanoseconds after) {
    metrics_.output_readable(after);
    log::write(log::Level::info, "output.readable", "the processed stream can be read",
               {{"streamId", std::string_view(stream_id)}, {"durationMs", milliseconds(after)}});
    feed_.publish("output-readable",
                  {{"ts", now()}, {"streamId", stream_id}, {"afterMs", milliseconds(after)}});
}

void ActivityReporter::on_stale_hint(std::string const& stream_id) {
    metrics_.stale_hint();
    log::write(log::Level::info, "hint.stale",
               "a not-ready hook of a source that is not the bound one changes nothing",
               {{"streamId", std::string_view(stream_id)}});
}

void ActivityReporter::on_resync(ListStatus const& status) {
    bool const reached = status.error.empty();
    metrics_.resynced(status.took, reached);
    metrics_.router_reachable(reached);
    router_error_ = status.error;
    if (reachable_ == reached) return;
    bool const first = !std::exchange(reachable_, reached).has_value();
    if (reached) {
        if (!first) log::write(log::Level::info, "router.reached", "the router answers again");
    } else {
        log::write(log::Level::warn, "router.unreachable", status.error);
    }
}

}  // namespace tidegate::orchestrator
