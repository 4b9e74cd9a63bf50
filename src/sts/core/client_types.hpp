// What a client of the service takes, tells and counts. Plain values; any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sts/core/breaker.hpp"
#include "sts/core/outcome.hpp"
#include "sts/core/stream_config.hpp"

namespace tidegate::sts {

// A piece of the source's sound. id: the caller's own number for it, told with its outcome.
struct Fragment {
    std::uint64_t id = 0;
    std::chrono::nanoseconds pts{0};  // goes to the service as metadata
    AudioData audio{};                // its base64 is made by encode_sound(), on any thread
};

enum class ClientState : std::uint8_t {
    connecting,    // from the first attempt to stream:ready, and again after a loss
    ready,         // fragments are sent
    paused,        // ready, but backpressure says pause
    breaker_open,  // ready, but the last fragments failed
    waiting,       // the last attempt failed; the next one follows
    refused,       // the service refuses the token or the settings; asked again rarely
    ending,        // end() was called: answers are awaited
    ended,         // run() is about to return
};
// The state as a word for logs and status: "breaker_open".
std::string_view name_of(ClientState state);

// Fragments that may wait for their turn. As many as are cut while the service is asked to slow
// down; more would miss their deadline.
inline constexpr std::size_t kMostWaiting = 4;

// How fragments are sent. The defaults are the protocol's.
struct ClientPolicy {
    // Of a whole fragment, counted from send().
    std::chrono::milliseconds fragment_deadline = kFragmentDeadline;
    Breaker::Policy breaker{};
    // Between attempts: doubles from the first to the longest, which then repeats for ever.
    std::chrono::milliseconds first_retry{2000};
    std::chrono::milliseconds longest_retry{32'000};
};

// Since the client was made. Cheap to read at any time.
struct ClientCounters {
    std::uint64_t fragments_sent = 0;  // written to the service
    std::uint64_t dubbed = 0;
    std::uint64_t partial = 0;                            // among those dubbed
    std::array<std::uint64_t, kFailureReasons> failed{};  // by FailureReason
    // backpressure events by their action.
    std::uint64_t slow_downs = 0, pauses = 0, all_clears = 0;
    std::uint64_t connections = 0;     // sessions that became ready
    std::uint64_t reconnections = 0;   // attempts after the first
    std::uint64_t late_answers = 0;    // dropped, because their fragment had failed already
    std::uint64_t unknown_events = 0;  // ignored
    std::uint64_t bytes_sent = 0, bytes_received = 0;
};

}  // namespace tidegate::sts
