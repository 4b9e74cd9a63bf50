// How the load generator speaks to a floor program: one hello line, then from a publisher frames of
// ready wire bytes, each behind its length and kind; to a reader those bytes as they are.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidegate::bench::floor_protocol {

// "P name\n" publishes, "R name\n" reads.
inline constexpr char kPublish = 'P';
inline constexpr char kRead = 'R';

// Four bytes of length, big endian, and one of kind.
inline constexpr std::size_t kFrameHeader = 5;
inline constexpr std::uint8_t kAudio = 0;
inline constexpr std::uint8_t kVideo = 1;

}  // namespace tidegate::bench::floor_protocol
