// What becomes of a fragment that was given to a client: a dub, or the reason why there is none.
// Plain values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "sts/core/audio_data.hpp"

namespace tidegate::sts {

// How long the parts of the service's work took, as far as it says so.
struct StageTimings {
    std::optional<std::chrono::milliseconds> speech_recognition{};
    std::optional<std::chrono::milliseconds> translation{};
    std::optional<std::chrono::milliseconds> synthesis{};

    bool operator==(StageTimings const&) const = default;
};

struct Dub {
    bool partial = false;  // the service says that something is missing or too long
    AudioData audio{};     // never empty; whether it can be decoded is not known yet
    std::string transcript{};
    std::string translation{};
    std::chrono::milliseconds processing_time{0};  // as the service says
    StageTimings timings{};
    std::chrono::nanoseconds round_trip{0};  // from the last byte sent to the answer

    bool operator==(Dub const&) const = default;
};

enum class FailureReason : std::uint8_t {
    not_connected,   // there is no session at the moment
    breaker_open,    // the last ones failed; a probe is sent when its time has come
    paused,          // the service said backpressure: pause
    in_flight_full,  // the service works on as many fragments as it may, and others wait already
    too_large,       // the sound is larger than a message may be; nothing was sent
    timed_out,       // no answer within the fragment's deadline
    connection_lost,
    service_failed,  // fragment:processed with status failed, or an error event for the fragment
    no_audio,        // a success without sound
    stopped,         // stop() was called, or the stream has ended
};
inline constexpr std::size_t kFailureReasons = 10;

// The reason as a label of metrics: "timed_out".
std::string_view name_of(FailureReason reason);

struct Failure {
    FailureReason reason{};
    std::string code{};    // the service's own, such as MODEL_ERROR; empty: none
    std::string detail{};  // for the log

    bool operator==(Failure const&) const = default;
};

using Outcome = std::expected<Dub, Failure>;

}  // namespace tidegate::sts
