// What a stage that dubs says about itself, one for each language: for the status that
// media-service reads (X_DUB= and X_DUB_CAPTION= of the notification) and for the metrics. Plain
// values and pure functions; any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace tidegate::worker {

// Bytes of a text in a report. A datagram of 4096 bytes has room for two, and for their quotes.
inline constexpr std::size_t kMaxReportText = 1000;

// Round trips of fragments, in the buckets of the speech service's specification (ms).
struct RoundTrips {
    static constexpr std::array<double, 8> kUpperBounds{50, 100, 250, 500, 1000, 2000, 4000, 8000};
    std::array<double, kUpperBounds.size() + 1> counts{};
    double sum = 0;
};

struct DubStatus {
    std::string language;  // the target: "es"
    bool dubbed = false;   // what is heard now; false: the original
    // Why it is the original, as one word: "starting", "connecting", "service-down", "refused",
    // "breaker-open", "paused", "late", "failed", "no-sound". Empty: it is not.
    std::string reason = "starting";
    std::string detail;  // as a sentence for people; may be empty

    std::uint64_t fragments = 0;  // that were cut
    std::uint64_t sent = 0;
    std::uint64_t heard_dubbed = 0;
    std::map<std::string, std::uint64_t> fallbacks;  // fragments that kept the original, by reason;
                                                     // all reasons there are
    std::uint64_t in_flight = 0;                     // now
    std::uint64_t reconnections = 0;
    std::map<std::string, std::uint64_t> backpressure;  // by the action that the service asked for

    std::optional<double> rtt_p50_ms, rtt_p95_ms;  // of the latest fragments
    RoundTrips round_trips;
    int breaker = 0;                    // 0 closed, 1 half open, 2 open
    std::chrono::milliseconds delay{};  // from the input to the output; 0: nothing is dubbed
    std::optional<double> stretch;      // of the last fragment: length after / before
    std::optional<double> loudness_db;  // gain of the last fragment
    std::uint64_t units_dropped = 0;    // pictures that did not fit into the memory of the delay
    std::uint64_t units_damaged = 0;    // of the source's sound
};

// What was said in one fragment.
struct DubCaption {
    std::string language{};
    std::uint64_t fragment = 0;
    std::chrono::system_clock::time_point at{};  // when its sound begins in the output
    std::chrono::milliseconds duration{};
    bool dubbed = false;
    std::string transcript{};
    std::string translation{};
};

// JSON in one line.
std::string to_json(DubStatus const& status);
std::string to_json(DubCaption const& caption);

}  // namespace tidegate::worker
