#include "orchestrator/io/http/forward_reporter.hpp"

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "log/log.hpp"
#include "orchestrator/io/http/destination_json.hpp"
#include "orchestrator/io/http/stream_json.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

json::object event_of(ForwardName const& name) {
    return {{"ts", to_text(std::chrono::system_clock::now())},
            {"streamId", name.stream_id},
            {"destination", name.destination}};
}

void log_forward(log::Level level, std::string_view event, std::string_view message,
                 ForwardName const& name, std::vector<log::Field> fields = {}) {
    fields.insert(fields.begin(), {{"streamId", std::string_view(name.stream_id)},
                                   {"destination", std::string_view(name.destination)}});
    log::write(level, event, message, fields.data(), fields.size());
}

std::vector<log::Field> pid_field(std::optional<int> pid) {
    if (!pid) return {};
    return {{"pid", std::int64_t{*pid}}};
}

bool is_bad(std::string_view state) {
    return state != "forwarding" && state != "connecting" && state != "waiting" && state != "off";
}

}  // namespace

void ForwardReporter::on_forward_transition(ForwardName const& name, Transition const& transition) {
    bool const failed = transition.to == StateKind::failed;
    log_forward(failed ? log::Level::warn : log::Level::info, "destination.transition",
                transition.reason, name,
                {{"from", transition.from_name},
                 {"to", transition.to_name},
                 {"cause", transition.event},
                 {"runId", std::string_view(transition.run_id)}});
    auto event = event_of(name);
    event["from"] = transition.from_name;
    event["to"] = transition.to_name;
    event["cause"] = transition.event;
    event["reason"] = transition.reason;
    activity_.tell(name.stream_id, "destination-transition", event);
}

void ForwardReporter::on_forward_start(ForwardName const& name, std::optional<int> pid) {
    metrics_.forwarder_started();
    log_forward(log::Level::info, "forwarder.started", "a forwarder has been started", name,
                pid_field(pid));
}

void ForwardReporter::on_forward_adopted(ForwardName const& name, std::optional<int> pid) {
    log_forward(log::Level::info, "forwarder.adopted", "found a forwarder of an earlier service",
                name, pid_field(pid));
}

void ForwardReporter::on_forward_exit(ForwardName const& name, WorkerExit const& exit) {
    metrics_.forwarder_exited(label(exit));
    auto const meaning = describe(exit);
    log_forward(is_stopped(exit) ? log::Level::info : log::Level::warn, "forwarder.exited", meaning,
                name, {{"exit", label(exit)}});
    auto event = event_of(name);
    event["exit"] = label(exit);
    event["meaning"] = meaning;
    activity_.tell(name.stream_id, "forwarder-exit", event);
}

void ForwardReporter::on_forward_phase(ForwardName const& name, DestinationView const& now) {
    log_forward(is_bad(now.state) ? log::Level::warn : log::Level::info, "destination.state",
                now.reason, name,
                {{"state", std::string_view(now.state)},
                 {"errorKind", std::string_view(now.report.error_kind)}});
    auto event = to_json(now);
    event["reason"] = now.reason;
    for (auto& [key, value] : event_of(name)) event[key] = std::move(value);
    activity_.tell(name.stream_id, "destination", event);
}

void ForwardReporter::on_forward_line(ForwardName const& name, std::string_view line) {
    activity_.on_worker_line(name.stream_id, line);
}

void ForwardReporter::on_operate(ForwardName const& name, std::string_view action) {
    auto const words = "destination-" + std::string(action);
    log_forward(log::Level::info, "operator.command", "an operator commands a destination", name,
                {{"action", std::string_view(words)}});
    auto event = event_of(name);
    event["action"] = words;
    activity_.tell(name.stream_id, "operator", event);
}

}  // namespace tidegate::orchestrator
