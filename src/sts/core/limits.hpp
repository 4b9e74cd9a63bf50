// What a peer may send, how long it may take, and how often. Plain constants; any thread. The
// sections are those of the speech service's protocol.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tidegate::sts {

using namespace std::chrono_literals;

// The largest message that is read. Servers on ASGI close a larger one, so nobody sends it.
inline constexpr std::size_t kMaxMessageBytes = std::size_t{16} * 1024 * 1024;
// The longest base-64 text of a fragment's sound: 10 MB of bytes (§5.3). A service refuses more.
inline constexpr std::size_t kMaxAudioBase64 = 13'981'017;
// Transcripts, messages and codes are shown to people and kept in memory. Six seconds of speech
// have about 150 characters; the rest of a longer text is cut off.
inline constexpr std::size_t kMaxText = 4096;
// Identifiers are compared and logged: a UUID has 36 characters.
inline constexpr std::size_t kMaxId = 128;
// JSON within JSON. The deepest event of the protocol has four levels.
inline constexpr std::size_t kMaxJsonDepth = 16;

// A client obeys the smaller of its own limit and the service's (§5.2).
inline constexpr std::uint32_t kMostInFlight = 10;
inline constexpr std::uint32_t kDefaultInFlight = 3;

// §3.1, §5.1: within this time a fragment's answer must have come; then the original is played.
inline constexpr std::chrono::milliseconds kFragmentDeadline = 8s;
// Name, connection, TLS and the WebSocket's handshake together (§5.12 asks for 0.5 s).
inline constexpr std::chrono::milliseconds kConnectDeadline = 5s;
// From the Engine.IO open packet to stream:ready (§3.3). A service loads its models meanwhile.
inline constexpr std::chrono::milliseconds kReadyDeadline = 10s;
// From stream:end to stream:complete: fragments under way may take as long as kFragmentDeadline.
inline constexpr std::chrono::milliseconds kDrainDeadline = 10s;
// How long `pause` holds without a word (§3.3). Then one fragment tries whether it still holds.
inline constexpr std::chrono::milliseconds kPauseLimit = 30s;
// The longest delay that slow_down may ask for: a fragment that waits longer would miss its
// deadline in any case.
inline constexpr std::chrono::milliseconds kMostSlowDown = 5s;

// §3.2: so many failures in a row open the breaker, for so long.
inline constexpr std::uint32_t kBreakerFailures = 5;
inline constexpr std::chrono::milliseconds kBreakerOpen = 30s;

// How many messages a peer may send: a fragment has three, and ten fragments may be under way.
// Services that report progress send more, so this is thirty times what is needed.
inline constexpr std::uint32_t kMessagesPerSecond = 100;
inline constexpr std::uint32_t kMessageBurst = 1000;
// How many bytes of messages. PCM in stereo at 96 kHz is 0.5 MB a second in base 64; the burst is
// four of the largest answers at once.
inline constexpr std::uint64_t kBytesPerSecond = std::uint64_t{8} * 1024 * 1024;
inline constexpr std::uint64_t kByteBurst = std::uint64_t{64} * 1024 * 1024;

}  // namespace tidegate::sts
