// A datagram of a worker: its status, its figures, and what it says about its dubs. Whatever comes,
// what is kept is within its limits, one line each, and has words where words are promised.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "checks.hpp"
#include "orchestrator/core/dub_report.hpp"
#include "orchestrator/core/dub_settings.hpp"
#include "orchestrator/core/worker_figures.hpp"
#include "orchestrator/io/process/notify_socket.hpp"

namespace {

using namespace tidegate::orchestrator;
using tidegate::fuzz::require;

void check_line(std::string_view text) {
    require(text.size() <= kMaxDubText);
    require(
        std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
}

void check_number(std::optional<double> value) {
    require(!value || (std::isfinite(*value) && std::abs(*value) <= 1e9));
}

void check_report(DubReport const& report) {
    require(is_language(report.language));
    require(report.fallbacks.size() <= kMaxFallbackReasons);
    for (auto const& [reason, count] : report.fallbacks) require(!reason.empty());
    for (auto const& word : {report.mode, report.reason, report.breaker}) {
        require(word.size() <= 32 && word.find_first_of("<>&\"\\ ") == std::string::npos);
    }
    check_line(report.detail);
    for (auto const value : {report.rtt_p50_ms, report.rtt_p95_ms, report.delay_ms, report.stretch,
                             report.loudness_db}) {
        check_number(value);
    }
}

void check_caption(DubCaption const& caption) {
    require(is_language(caption.language));
    require(caption.at >= std::chrono::system_clock::time_point{});
    require(caption.duration.count() >= 0 && caption.duration <= std::chrono::minutes{1});
    check_line(caption.transcript);
    check_line(caption.translation);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    auto const notification = parse_notification(text);
    require(notification.dubs.size() <= kMaxDubLines);
    require(notification.captions.size() <= kMaxDubLines);
    check_number(parse_figures(notification.figures).delay_ms);
    for (auto const& line : notification.dubs) {
        if (auto const report = parse_dub_report(line)) check_report(*report);
    }
    for (auto const& line : notification.captions) {
        if (auto const caption = parse_dub_caption(line)) check_caption(*caption);
    }
    return 0;
}
