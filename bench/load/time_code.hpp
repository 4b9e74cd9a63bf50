// The time code in every access unit: a 16-byte mark, the kind of unit and the time it was sent.
// Its bytes have the top bit set, so that H.264 needs no emulation prevention. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "load/clock.hpp"

namespace tidegate::bench {

inline constexpr std::size_t kTimeCodeSize = 16 + 1 + 10;

struct TimeCode {
    bool video = false;
    Nanoseconds sent = 0;
};

// REQUIRES: room for kTimeCodeSize bytes.
void write_time_code(std::uint8_t* at, TimeCode code);

// The first one in the bytes.
std::optional<TimeCode> find_time_code(base::ByteView bytes);

}  // namespace tidegate::bench
