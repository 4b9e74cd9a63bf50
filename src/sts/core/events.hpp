// The events of the protocol (§5) as plain values, and how they are read. Both dialects are read:
// that of the reference service (017) and that of the full one (021). Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sts/core/audio_data.hpp"
#include "sts/core/outcome.hpp"
#include "sts/core/stream_config.hpp"

namespace tidegate::sts {

// What a service sends.

struct StreamReady {  // §5.2
    std::string session_id{};
    std::uint32_t max_in_flight = kDefaultInFlight;
    std::vector<std::string> capabilities{};  // the names of those that it has

    bool operator==(StreamReady const&) const = default;
};

struct FragmentAck {  // §5.4, of both sides
    std::string fragment_id{};
    std::string status{};  // queued, processing; received, applied

    bool operator==(FragmentAck const&) const = default;
};

enum class ProcessedStatus : std::uint8_t { success, partial, failed };

// The error of a fragment (§5.5), or of the stream (§5.9).
struct ServiceError {
    std::string fragment_id{};  // empty: of the stream
    std::string code{};
    std::string message{};
    std::string stage{};
    bool fatal = false;
    std::optional<bool> retryable{};

    bool operator==(ServiceError const&) const = default;
};

struct FragmentProcessed {  // §5.5
    std::string fragment_id{};
    std::optional<std::int64_t> sequence_number{};
    ProcessedStatus status = ProcessedStatus::failed;
    std::optional<AudioData> audio{};
    std::string transcript{};
    std::string translation{};
    std::chrono::milliseconds processing_time{0};
    StageTimings timings{};
    std::optional<ServiceError> error{};

    bool operator==(FragmentProcessed const&) const = default;
};

enum class BackpressureAction : std::uint8_t { none, slow_down, pause };

struct Backpressure {  // §5.6
    BackpressureAction action = BackpressureAction::none;
    std::string severity{};  // low, medium, high
    std::optional<std::chrono::milliseconds> delay{};

    bool operator==(Backpressure const&) const = default;
};

struct StreamComplete {  // §5.8; the counts from either form
    std::int64_t total_fragments = 0;
    std::int64_t succeeded = 0;
    std::int64_t failed = 0;

    bool operator==(StreamComplete const&) const = default;
};

// An event that nobody here knows, or one without what it needs; it changes nothing.
struct UnknownEvent {
    std::string name{};
    std::string problem{};

    bool operator==(UnknownEvent const&) const = default;
};

using ServiceEvent = std::variant<UnknownEvent, StreamReady, FragmentAck, FragmentProcessed,
                                  Backpressure, StreamComplete, ServiceError>;

// What a client sends.

struct StreamInit {  // §5.1
    StreamConfig config{};
};

struct FragmentData {  // §5.3
    std::string fragment_id{};
    std::string stream_id{};
    std::int64_t sequence_number = -1;
    AudioData audio{};
    bool too_large = false;  // the sound was left out
};

struct StreamPause {};
struct StreamResume {};
struct StreamEnd {
    std::string reason{};
};

struct SimulationRule {  // §5.10
    enum class Trigger : std::uint8_t { sequence_number, fragment_id, nth_fragment };
    Trigger trigger{};
    std::string value{};
    std::string code{};
    std::string message{"Simulated error"};
    bool retryable = true;
    std::string stage{};
};

struct ErrorSimulation {  // config:error_simulation
    bool enabled = false;
    std::vector<SimulationRule> rules{};
    std::string problem{};  // not empty: the rules cannot be used, and this says why
};

struct SimulateDisconnect {
    std::chrono::milliseconds delay{0};
    std::string reason{};
};

using ClientEvent = std::variant<UnknownEvent, StreamInit, FragmentData, FragmentAck, StreamPause,
                                 StreamResume, StreamEnd, ErrorSimulation, SimulateDisconnect>;

// data: of a packet of the kind event, `["name",{...}]`. The error is a sentence: what came is no
// event at all.
std::expected<ServiceEvent, std::string> read_service_event(std::string_view data);
std::expected<ClientEvent, std::string> read_client_event(std::string_view data);

// Engine.IO's open packet (§4), with its limits put between a second and five minutes.
struct OpenPacket {
    std::chrono::milliseconds ping_interval{25'000};
    std::chrono::milliseconds ping_timeout{20'000};
};
std::expected<OpenPacket, std::string> read_open(std::string_view data);

// Whether a failure with this code tells something about the service's health (§3.2, §5.11): what
// the service says counts, then its table. Codes that nobody knows count.
bool is_retryable(std::string_view code, std::optional<bool> said);

}  // namespace tidegate::sts
