// What a forwarder is doing, for its status line, its report to media-service and its metrics.
// Plain values. The loop only.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "forwarder/failure.hpp"

namespace tidegate::forwarder {

using Time = std::chrono::steady_clock::time_point;

enum class Phase : std::uint8_t {
    waiting,     // for the input, whose tracks are not known yet
    connecting,  // to the destination
    forwarding,  // the destination has accepted the stream
    retrying,    // the last attempt failed; the next one is due at a known time
    paused,      // likewise, but it was refused several times, so the next attempt is far away
    ended
};
// The names in reports: waiting, connecting, forwarding, retrying, paused, ended.
std::string_view name(Phase phase);

struct Situation {
    Phase phase = Phase::waiting;
    Time since{};           // when the phase began
    Time until{};           // retrying, paused: when the next attempt is due
    unsigned attempt = 0;   // attempts at the destination, from 1; 0: there was none
    unsigned failures = 0;  // in a row
    bool input_playing = false;
    bool ever_played = false;
    std::uint64_t bytes_out = 0;      // that the destination's side has taken, on all connections
    double bits_per_second = 0;       // likewise, in the last seconds
    std::uint64_t units_dropped = 0;  // that the destination did not take in time
    bool slow = false;                // units were dropped in the last seconds
    std::optional<Failure> last_failure;  // nullopt: none since the destination took media for long
    std::string input_trouble;            // why the input is gone; empty: it is not
    std::map<std::string_view, std::uint64_t> retries = {};  // by name of the FailureKind
    std::uint64_t connections = 0;                           // that were accepted
    std::optional<std::chrono::nanoseconds>
        input_latency;  // from the start until tracks were known
    std::optional<std::chrono::nanoseconds> output_latency;  // of the last accepted attempt
};

// What is wrong, such as "connection refused; next attempt in 4 s"; empty: nothing is.
std::string trouble_of(Situation const& situation, Time now);
// One line for people: "forwarding to rtmp://a.example:1935/live2: 2.1 Mbit/s".
std::string status_line(Situation const& situation, std::string const& target, Time now);
// For media-service (orchestrator/core/forward_report.hpp), as JSON.
std::string report_of(Situation const& situation, Time now);

}  // namespace tidegate::forwarder
