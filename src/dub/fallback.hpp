// Why the original is heard in a fragment's place, and not a dub. Plain values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidegate::dub {

enum class Fallback : std::uint8_t {
    // No dub can come. The stage says so when it does not send a fragment.
    silent,        // nobody speaks in the fragment
    disconnected,  // no session with the service, or it ended before the answer came
    breaker_open,  // too many failures; the service is given a rest
    paused,        // the service asked for a pause, or as much as allowed is in flight
    // The service has not done its work.
    late,       // its dub, or nothing, had come when the fragment's place went out
    timed_out,  // it has not answered before the deadline
    failed,     // it says that it could not dub the fragment
    refused,    // it does not accept the fragment at all
    // fit() found that its sound cannot be used.
    undecodable,   // the bytes are no sound (said by the stage)
    empty,         // no samples, or silence only
    not_finite,    // NaN or infinity among the samples
    wrong_format,  // another sample rate or number of channels than it says, or than is possible
    too_long,      // longer than time-stretching may shorten
    too_short,     // shorter than time-stretching may lengthen
};
inline constexpr std::size_t kFallbacks = 14;

// As metrics and reports name it: "late", "breaker-open", "too-long".
std::string_view name(Fallback reason);

}  // namespace tidegate::dub
