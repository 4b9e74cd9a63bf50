#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "sts/core/event_reading.hpp"
#include "sts/core/events.hpp"

namespace tidegate::sts {

namespace json = boost::json;

namespace {

// Names of capabilities that are kept; the protocol has two.
constexpr std::size_t kMaxCapabilities = 16;

// An array of names, or an object of names and whether it has them (021, 017).
std::vector<std::string> read_capabilities(json::value const* value) {
    std::vector<std::string> names;
    auto const add = [&](std::string_view name) {
        if (names.size() < kMaxCapabilities) names.emplace_back(name.substr(0, kMaxId));
    };
    if (value == nullptr) return names;
    if (auto const* const array = value->if_array()) {
        for (auto const& entry : *array) {
            if (auto const* const name = entry.if_string()) add({name->data(), name->size()});
        }
    }
    if (auto const* const object = value->if_object()) {
        for (auto const& [name, has] : *object) {
            if (has.is_bool() && has.get_bool()) add({name.data(), name.size()});
        }
    }
    return names;
}

StreamReady read_ready(Fields const& fields) {
    StreamReady ready;
    ready.session_id = fields.text("session_id", kMaxId).value_or("");
    ready.max_in_flight = static_cast<std::uint32_t>(
        fields.integer_or("max_inflight", kDefaultInFlight, 1, kMostInFlight));
    ready.capabilities = read_capabilities(fields.find("capabilities"));
    return ready;
}

ServiceError read_error(Fields const& fields) {
    ServiceError error;
    error.fragment_id = fields.text("fragment_id", kMaxId).value_or("");
    if (error.fragment_id.empty()) {  // 021 has it inside details only
        error.fragment_id = fields.in("details").text("fragment_id", kMaxId).value_or("");
    }
    error.code = fields.text("code", kMaxId).value_or("");
    error.message = fields.text("message").value_or("");
    error.stage = fields.text("stage", kMaxId).value_or("");
    error.fatal = fields.text("severity", kMaxId) == "fatal" || error.code == "AUTH_FAILED";
    error.retryable = fields.boolean("retryable");
    return error;
}

std::optional<ProcessedStatus> read_status(Fields const& fields) {
    auto const text = fields.text("status", kMaxId);
    if (text == "success") return ProcessedStatus::success;
    if (text == "partial") return ProcessedStatus::partial;
    if (text == "failed") return ProcessedStatus::failed;
    return std::nullopt;
}

std::expected<FragmentProcessed, std::string> read_processed(Fields const& fields) {
    FragmentProcessed processed;
    processed.fragment_id = fields.text("fragment_id", kMaxId).value_or("");
    processed.sequence_number = fields.integer("sequence_number");
    if (processed.fragment_id.empty() && !processed.sequence_number) {
        return std::unexpected("no fragment_id");
    }
    // An unknown status is a failure that is told to the caller, who then plays the original.
    processed.status = read_status(fields).value_or(ProcessedStatus::failed);
    if (auto const audio = fields.in("dubbed_audio"); audio.is_object()) {
        processed.audio = detail::read_audio(audio);
    }
    processed.transcript = fields.text("transcript").value_or("");
    processed.translation = fields.text("translated_text").value_or("");
    processed.processing_time =
        fields.milliseconds("processing_time_ms").value_or(std::chrono::milliseconds{0});
    auto const timings = fields.in("stage_timings");
    processed.timings = {timings.milliseconds("asr_ms"), timings.milliseconds("translation_ms"),
                         timings.milliseconds("tts_ms")};
    if (auto const error = fields.in("error"); error.is_object()) {
        processed.error = read_error(error);
    }
    return processed;
}

std::optional<Backpressure> read_backpressure(Fields const& fields) {
    Backpressure backpressure;
    auto const action = fields.text("action", kMaxId);
    if (action == "pause") {
        backpressure.action = BackpressureAction::pause;
    } else if (action == "slow_down") {
        backpressure.action = BackpressureAction::slow_down;
    } else if (action != "none") {
        return std::nullopt;
    }
    backpressure.severity = fields.text("severity", kMaxId).value_or("");
    backpressure.delay = fields.milliseconds("recommended_delay_ms");
    return backpressure;
}

// The counts stand in `statistics`, or beside it in the schema of 021.
StreamComplete read_complete(Fields const& fields) {
    auto const nested = fields.in("statistics");
    auto const count = [&](std::string_view name) {
        return std::max<std::int64_t>(
            0, nested.integer(name).value_or(fields.integer(name).value_or(0)));
    };
    return {count("total_fragments"), count("success_count"), count("failed_count")};
}

ServiceEvent read_named(std::string name, Fields const& fields) {
    if (!fields.is_object()) return UnknownEvent{std::move(name), "no object"};
    if (name == "stream:ready") return read_ready(fields);
    if (name == "stream:complete") return read_complete(fields);
    if (name == "error") return read_error(fields);
    if (name == "fragment:ack") {
        auto id = fields.text("fragment_id", kMaxId);
        if (!id) return UnknownEvent{std::move(name), "no fragment_id"};
        return FragmentAck{std::move(*id), fields.text("status", kMaxId).value_or("")};
    }
    if (name == "fragment:processed") {
        auto processed = read_processed(fields);
        if (!processed) return UnknownEvent{std::move(name), processed.error()};
        return std::move(*processed);
    }
    if (name == "backpressure") {
        auto const backpressure = read_backpressure(fields);
        if (!backpressure) return UnknownEvent{std::move(name), "unknown action"};
        return *backpressure;
    }
    return UnknownEvent{std::move(name), "unknown event"};
}

// §5.11: those whose second sending would fail as well. Nothing is wrong with the service then.
constexpr std::array<std::string_view, 12> kNotRetryable{
    "AUTH_FAILED",          "STREAM_NOT_FOUND",           "INVALID_CONFIG",
    "FRAGMENT_TOO_LARGE",   "INVALID_SEQUENCE",           "STREAM_NOT_READY",
    "UNSUPPORTED_LANGUAGE", "INVALID_VOICE_PROFILE",      "STREAM_PAUSED",
    "INVALID_AUDIO_FORMAT", "DURATION_MISMATCH_EXCEEDED", "MALFORMED_DATA"};

// Between the two, a ping a second costs nothing, and a dead service is noticed.
constexpr std::int64_t kLeastPingMs = 1000;
constexpr std::int64_t kMostPingMs = 300'000;

}  // namespace

std::expected<ServiceEvent, std::string> read_service_event(std::string_view data) {
    auto event = detail::name_event(data);
    if (!event) return std::unexpected(event.error());
    return read_named(event->name, event->fields());
}

std::expected<OpenPacket, std::string> read_open(std::string_view data) {
    auto const value = parse_json(data);
    if (!value) return std::unexpected(value.error());
    Fields const fields(&*value);
    if (!fields.is_object()) return std::unexpected("an open packet without an object");
    OpenPacket open;
    auto const limited = [&](std::string_view name, std::chrono::milliseconds absent) {
        auto const number = fields.integer(name).value_or(absent.count());
        return std::chrono::milliseconds{std::clamp(number, kLeastPingMs, kMostPingMs)};
    };
    open.ping_interval = limited("pingInterval", open.ping_interval);
    open.ping_timeout = limited("pingTimeout", open.ping_timeout);
    return open;
}

bool is_retryable(std::string_view code, std::optional<bool> said) {
    return said ? *said : std::ranges::find(kNotRetryable, code) == kNotRetryable.end();
}

}  // namespace tidegate::sts
