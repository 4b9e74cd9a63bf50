// What a worker says about its dub, one report for each language, with its status:
//
//   X_DUB={"language":"es","mode":"dubbed","reason":"","detail":"","sent":120,"inFlight":2,
//          "dubbed":115,"fallbacks":{"late":3,"failed":2},"rttP50Ms":812.5,"rttP95Ms":1430,
//          "breaker":"closed","delayMs":10000,"stretch":1.04,"loudnessDb":-1.5,
//          "reconnections":0,"backpressure":1}
//
// and what was said, once for each fragment, when its place on the timeline is settled:
//
//   X_DUB_CAPTION={"language":"es","fragment":12,"at":1760000000500,"durationMs":3200,
//                  "dubbed":true,"transcript":"good evening","translation":"buenas noches"}
//
// Each is one line of the notification (sd_notify), JSON without a line feed. Every member but the
// language may be missing, which means "not known"; unknown members are ignored. For operators
// only: nothing is decided from it. Pure; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/core/report_json.hpp"

namespace tidegate::orchestrator {

// Bytes of each text of a report and of a caption.
inline constexpr std::size_t kMaxDubText = kMaxReportText;
// Names of reasons for which fragments fall back. There are fewer than ten.
inline constexpr std::size_t kMaxFallbackReasons = 16;

struct DubReport {
    std::string language;  // the target: "es"
    std::string mode;      // what is heard now: "dubbed" or "original"
    // Why it is not the dub, as one word: "starting", "connecting", "service-down", "refused",
    // "breaker-open", "paused", "late", "failed", "no-sound". Empty: it is the dub.
    std::string reason;
    std::string detail;  // the same as a sentence for people, if there is more to say

    std::uint64_t sent = 0;    // fragments, since the worker's start, as all counts here
    std::uint64_t dubbed = 0;  // fragments that are (or will be) heard dubbed
    std::map<std::string, std::uint64_t> fallbacks;  // fragments that keep the original, by reason
    std::uint64_t in_flight = 0;                     // now
    std::uint64_t reconnections = 0;
    std::uint64_t backpressure = 0;  // times that the service asked for less

    std::optional<double> rtt_p50_ms;  // from sending a fragment to its result
    std::optional<double> rtt_p95_ms;
    std::string breaker;                // "closed", "half-open", "open"
    std::optional<double> delay_ms;     // from the input to the output: the fixed delay
    std::optional<double> stretch;      // of the last fragment: length after / before
    std::optional<double> loudness_db;  // gain of the last fragment

    bool operator==(DubReport const&) const = default;
};

// What was said in one fragment.
struct DubCaption {
    std::string language;
    std::uint64_t fragment = 0;                  // counted from the worker's start
    std::chrono::system_clock::time_point at{};  // when its sound begins in the output
    std::chrono::milliseconds duration{};        // of its sound
    bool dubbed = false;                         // false: the original was heard
    std::string transcript;                      // empty: silence, or not told
    std::string translation;

    bool operator==(DubCaption const&) const = default;
};

// nullopt: no JSON object, or no language in it.
std::optional<DubReport> parse_dub_report(std::string_view json);
std::optional<DubCaption> parse_dub_caption(std::string_view json);

}  // namespace tidegate::orchestrator
