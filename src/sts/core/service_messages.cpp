#include <boost/json/object.hpp>
#include <utility>

#include "sts/core/message_writing.hpp"

namespace tidegate::sts {

namespace json = boost::json;
using detail::to_json;
using detail::write_event;

namespace {

char const* name_of(ProcessedStatus status) {
    if (status == ProcessedStatus::success) return "success";
    return status == ProcessedStatus::partial ? "partial" : "failed";
}

char const* name_of(BackpressureAction action) {
    if (action == BackpressureAction::none) return "none";
    return action == BackpressureAction::pause ? "pause" : "slow_down";
}

json::object error_fields(ServiceError const& error) {
    json::object fields{{"code", error.code}, {"message", error.message}};
    if (!error.stage.empty()) fields["stage"] = error.stage;
    fields["retryable"] = is_retryable(error.code, error.retryable);
    return fields;
}

}  // namespace

Message write_ready(ReadyAnswer const& ready) {
    return write_event(
        "stream:ready",
        {{"stream_id", ready.stream_id},
         {"session_id", ready.session_id},
         {"max_inflight", ready.max_in_flight},
         {"capabilities", json::object{{"batch_processing", false}, {"async_delivery", true}}}});
}

Message write_processed(ProcessedAnswer&& processed) {
    json::object fields{{"fragment_id", processed.fragment_id},
                        {"stream_id", processed.stream_id},
                        {"sequence_number", processed.sequence_number},
                        {"status", name_of(processed.status)}};
    auto const total = processed.processing_time.count();
    json::object rest{
        {"transcript", processed.transcript},
        {"translated_text", processed.translation},
        {"processing_time_ms", total},
        {"stage_timings", json::object{{"asr_ms", total}, {"translation_ms", 0}, {"tts_ms", 0}}}};
    if (processed.error) rest["error"] = error_fields(*processed.error);
    if (!processed.audio) {
        for (auto& [key, value] : rest) fields[key] = std::move(value);
        return write_event("fragment:processed", fields);
    }
    return detail::write_sound_event({.name = "fragment:processed",
                                      .fields = std::move(fields),
                                      .key = "dubbed_audio",
                                      .audio = std::move(*processed.audio),
                                      .rest = std::move(rest)});
}

Message write_backpressure(BackpressureAnswer const& answer) {
    auto const& backpressure = answer.backpressure;
    json::object fields{{"stream_id", answer.stream_id},
                        {"severity", backpressure.severity},
                        {"action", name_of(backpressure.action)},
                        {"current_inflight", answer.in_flight}};
    if (backpressure.delay) fields["recommended_delay_ms"] = backpressure.delay->count();
    return write_event("backpressure", fields);
}

Message write_complete(CompleteAnswer const& complete) {
    json::object statistics{{"success_count", complete.succeeded},
                            {"partial_count", complete.partial},
                            {"failed_count", complete.failed},
                            {"avg_processing_time_ms", complete.average_ms},
                            {"p95_processing_time_ms", complete.p95_ms}};
    return write_event("stream:complete", {{"stream_id", complete.stream_id},
                                           {"total_fragments", complete.fragments},
                                           {"total_duration_ms", complete.duration.count()},
                                           {"statistics", std::move(statistics)}});
}

Message write_error(std::string_view stream_id, ServiceError const& error) {
    auto fields = error_fields(error);
    fields["severity"] = error.fatal ? "fatal" : "error";
    if (!stream_id.empty()) fields["stream_id"] = to_json(stream_id);
    if (!error.fragment_id.empty()) fields["fragment_id"] = error.fragment_id;
    return write_event("error", fields);
}

Message write_simulation_ack(ErrorSimulation const& simulation) {
    bool const taken = simulation.problem.empty();
    // The reference service's code says message, its specification error_message.
    return write_event("config:error_simulation:ack",
                       {{"status", taken ? "accepted" : "rejected"},
                        {"rules_count", simulation.rules.size()},
                        {"message", taken ? "rules stored" : simulation.problem.c_str()}});
}

Message write_disconnect_ack(std::int64_t at_unix_ms) {
    return write_event("simulate:disconnect:ack", {{"status", "scheduled"},
                                                   {"disconnect_at_ms", at_unix_ms},
                                                   {"message", "the connection will be closed"}});
}

}  // namespace tidegate::sts
