#include "orchestrator/core/dub_report.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cmath>

#include "orchestrator/core/dub_settings.hpp"
#include "orchestrator/core/report_json.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

// Nothing that a worker measures is larger; what is has not been measured.
constexpr double kLargestMeasure = 1e9;
// A fragment is a few seconds long; one that claims an hour is none.
constexpr std::chrono::milliseconds kLongestFragment{60'000};

std::optional<double> measure_of(json::object const& object, std::string_view name) {
    auto const* const value = object.if_contains(name);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    auto const number = value->to_number<double>();
    bool const good = std::isfinite(number) && std::abs(number) <= kLargestMeasure;
    return good ? std::optional(number) : std::nullopt;
}

std::map<std::string, std::uint64_t> fallbacks_of(json::object const& object) {
    std::map<std::string, std::uint64_t> fallbacks;
    auto const* const value = object.if_contains("fallbacks");
    if (value == nullptr || !value->is_object()) return fallbacks;
    for (auto const& member : value->get_object()) {
        std::string_view const reason{member.key().data(), member.key().size()};
        if (reason.empty() || !is_report_word(reason)) continue;
        if (fallbacks.size() == kMaxFallbackReasons) break;
        fallbacks.emplace(reason, count_of(member.value()));
    }
    return fallbacks;
}

// nullopt: no object, or no language in it.
std::optional<json::object> object_with_language(std::string_view text) {
    boost::system::error_code error;
    auto value = json::parse(text, error);
    if (error || !value.is_object()) return std::nullopt;
    if (!is_language(text_of(value.get_object(), "language"))) return std::nullopt;
    return std::move(value.get_object());
}

}  // namespace

std::optional<DubReport> parse_dub_report(std::string_view text) {
    auto const object = object_with_language(text);
    if (!object) return std::nullopt;
    DubReport report;
    report.language = text_of(*object, "language");
    report.mode = word_of(*object, "mode");
    report.reason = word_of(*object, "reason");
    report.detail = sentence_of(*object, "detail");
    report.sent = count_of(*object, "sent");
    report.dubbed = count_of(*object, "dubbed");
    report.fallbacks = fallbacks_of(*object);
    report.in_flight = count_of(*object, "inFlight");
    report.reconnections = count_of(*object, "reconnections");
    report.backpressure = count_of(*object, "backpressure");
    report.rtt_p50_ms = measure_of(*object, "rttP50Ms");
    report.rtt_p95_ms = measure_of(*object, "rttP95Ms");
    report.breaker = word_of(*object, "breaker");
    report.delay_ms = measure_of(*object, "delayMs");
    report.stretch = measure_of(*object, "stretch");
    report.loudness_db = measure_of(*object, "loudnessDb");
    return report;
}

std::optional<DubCaption> parse_dub_caption(std::string_view text) {
    auto const object = object_with_language(text);
    if (!object) return std::nullopt;
    DubCaption caption;
    caption.language = text_of(*object, "language");
    caption.fragment = count_of(*object, "fragment");
    // Milliseconds since 1970: 2^53 and more would not fit into a clock's nanoseconds.
    auto const at = std::min<std::uint64_t>(count_of(*object, "at"), 1ULL << 42);
    caption.at = std::chrono::system_clock::time_point{
        std::chrono::milliseconds{static_cast<std::int64_t>(at)}};
    auto const duration = std::min<std::uint64_t>(
        count_of(*object, "durationMs"), static_cast<std::uint64_t>(kLongestFragment.count()));
    caption.duration = std::chrono::milliseconds{static_cast<std::int64_t>(duration)};
    auto const* const dubbed = object->if_contains("dubbed");
    caption.dubbed = dubbed != nullptr && dubbed->is_bool() && dubbed->get_bool();
    caption.transcript = sentence_of(*object, "transcript");
    caption.translation = sentence_of(*object, "translation");
    return caption;
}

}  // namespace tidegate::orchestrator
