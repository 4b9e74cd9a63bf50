#include "orchestrator/core/forward_report.hpp"

#include <boost/json/parse.hpp>

#include "orchestrator/core/report_json.hpp"

namespace tidegate::orchestrator {

std::optional<ForwardReport> parse_forward_report(std::string_view text) {
    boost::system::error_code error;
    auto const value = boost::json::parse(text, error);
    if (error || !value.is_object()) return std::nullopt;
    auto const& object = value.get_object();
    ForwardReport report;
    report.phase = word_of(object, "phase");
    if (report.phase.empty()) return std::nullopt;
    report.attempt = count_of(object, "attempt");
    report.connections = count_of(object, "connections");
    report.bytes = count_of(object, "bytes");
    report.bits_per_second = count_of(object, "bitsPerSecond");
    report.dropped = count_of(object, "dropped");
    if (object.contains("retryInMs")) report.retry_in_ms = count_of(object, "retryInMs");
    report.error = sentence_of(object, "error");
    report.error_kind = word_of(object, "errorKind");
    return report;
}

}  // namespace tidegate::orchestrator
