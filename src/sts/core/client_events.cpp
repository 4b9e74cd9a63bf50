#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include "base/number.hpp"
#include "sts/core/event_reading.hpp"
#include "sts/core/events.hpp"

namespace tidegate::sts {

namespace {

// Each fragment is held against every rule.
constexpr std::size_t kMaxRules = 100;
// A disconnection later than this is none that a test waits for (§5.10).
constexpr std::chrono::milliseconds kMostDisconnectDelay{60'000};
constexpr std::size_t kMaxHints = 16;

// §5.11, those of the reference service.
constexpr std::array<std::string_view, 10> kSimulatedCodes{
    "AUTH_FAILED", "STREAM_NOT_FOUND", "INVALID_CONFIG", "FRAGMENT_TOO_LARGE", "INVALID_SEQUENCE",
    "TIMEOUT",     "MODEL_ERROR",      "GPU_OOM",        "QUEUE_FULL",         "RATE_LIMIT"};

StreamInit read_init(Fields const& fields) {
    // Larger numbers are no values of these fields; the session says what it accepts.
    constexpr std::int64_t kMost = 1'000'000;
    auto const config = fields.in("config");
    auto const number = [&](Fields const& of, std::string_view name, std::int64_t absent) {
        auto const value = of.integer(name).value_or(absent);
        return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, kMost));
    };
    auto const text = [&](std::string_view name, std::string_view absent) {
        return config.text(name, kMaxId).value_or(std::string(absent));
    };
    StreamConfig init;
    init.stream_id = fields.text("stream_id", kMaxId).value_or("");
    init.worker_id = fields.text("worker_id", kMaxId).value_or("");
    init.source_language = text("source_language", "");
    init.target_language = text("target_language", "");
    init.voice_profile = text("voice_profile", "default");
    init.chunk_duration = std::chrono::milliseconds{number(config, "chunk_duration_ms", 1000)};
    init.sample_rate = number(config, "sample_rate_hz", 48'000);
    init.channels = number(config, "channels", 1);
    init.format = text("format", kFormatAac);
    if (auto const* const hints = config.find("domain_hints");
        hints != nullptr && hints->is_array()) {
        for (auto const& hint : hints->get_array()) {
            if (!hint.is_string() || init.domain_hints.size() == kMaxHints) continue;
            auto const& string = hint.get_string();
            init.domain_hints.emplace_back(string.data(), std::min(string.size(), kMaxId));
        }
    }
    init.max_in_flight = number(fields, "max_inflight", kDefaultInFlight);
    init.timeout = std::chrono::milliseconds{number(fields, "timeout_ms", 8000)};
    return {std::move(init)};
}

FragmentData read_data(Fields const& fields) {
    FragmentData data;
    data.fragment_id = fields.text("fragment_id", kMaxId).value_or("");
    data.stream_id = fields.text("stream_id", kMaxId).value_or("");
    data.sequence_number = fields.integer("sequence_number").value_or(-1);
    auto const audio = fields.in("audio");
    data.audio = detail::read_audio(audio);
    auto const* const sound = audio.find("data_base64");
    data.too_large = sound != nullptr && sound->is_string() && !sound->get_string().empty() &&
                     data.audio.base64.empty();
    return data;
}

std::expected<SimulationRule, std::string> read_rule(Fields const& fields) {
    using Trigger = SimulationRule::Trigger;
    SimulationRule rule;
    auto const trigger = fields.text("trigger", kMaxId);
    if (trigger == "fragment_id") {
        rule.trigger = Trigger::fragment_id;
    } else if (trigger == "nth_fragment") {
        rule.trigger = Trigger::nth_fragment;
    } else if (trigger != "sequence_number") {
        return std::unexpected("trigger must be sequence_number, fragment_id or nth_fragment");
    }
    rule.value = fields.text("value", kMaxId).value_or("");
    auto const number = base::parse_number<std::uint32_t>(rule.value);
    if (rule.trigger != Trigger::fragment_id && !number) {
        return std::unexpected("value must be a number");
    }
    if (rule.trigger == Trigger::nth_fragment && *number == 0) {
        return std::unexpected("value must be 1 or more");
    }
    rule.code = fields.text("error_code", kMaxId).value_or("");
    if (std::ranges::find(kSimulatedCodes, rule.code) == kSimulatedCodes.end()) {
        return std::unexpected("unknown error_code");
    }
    rule.message = fields.text("error_message").value_or(rule.message);
    rule.retryable = fields.boolean("retryable").value_or(true);
    rule.stage = fields.text("stage", kMaxId).value_or("");
    return rule;
}

ErrorSimulation read_simulation(Fields const& fields) {
    ErrorSimulation simulation;
    simulation.enabled = fields.boolean("enabled").value_or(false);
    auto const* const rules = fields.find("rules");
    if (rules == nullptr) return simulation;
    if (!rules->is_array() || rules->get_array().size() > kMaxRules) {
        simulation.problem = "rules must be a list of at most 100";
        return simulation;
    }
    for (auto const& entry : rules->get_array()) {
        auto rule = read_rule(Fields(&entry));
        if (!rule) {
            simulation.problem = rule.error();
            simulation.rules.clear();
            return simulation;
        }
        simulation.rules.push_back(std::move(*rule));
    }
    return simulation;
}

SimulateDisconnect read_disconnect(Fields const& fields) {
    auto const delay = fields.milliseconds("delay_ms").value_or(std::chrono::milliseconds{0});
    return {std::min(delay, kMostDisconnectDelay), fields.text("reason").value_or("")};
}

ClientEvent read_named_client_event(std::string name, Fields const& fields) {
    if (name == "stream:pause") return StreamPause{};
    if (name == "stream:resume") return StreamResume{};
    if (name == "stream:end") return StreamEnd{fields.text("reason").value_or("")};
    if (!fields.is_object()) return UnknownEvent{std::move(name), "no object"};
    if (name == "stream:init") return read_init(fields);
    if (name == "fragment:data") return read_data(fields);
    if (name == "fragment:ack") {
        return FragmentAck{fields.text("fragment_id", kMaxId).value_or(""),
                           fields.text("status", kMaxId).value_or("")};
    }
    if (name == "config:error_simulation") return read_simulation(fields);
    if (name == "simulate:disconnect") return read_disconnect(fields);
    return UnknownEvent{std::move(name), "unknown event"};
}

}  // namespace

std::expected<ClientEvent, std::string> read_client_event(std::string_view data) {
    auto event = detail::name_event(data);
    if (!event) return std::unexpected(event.error());
    return read_named_client_event(event->name, event->fields());
}

}  // namespace tidegate::sts
