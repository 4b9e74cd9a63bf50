// The tables that tell what a transport stream holds: its programs (PAT, ISO/IEC 13818-1 §2.4.4.3)
// and the elementary streams of a program (PMT, §2.4.4.8). Pure functions; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::ts {

// The numbers that MediaMTX uses.
inline constexpr std::uint16_t kPatPid = 0;
inline constexpr std::uint16_t kPmtPid = 0x1000;
inline constexpr std::uint16_t kFirstTrackPid = 256;

struct ElementaryStream {
    std::uint16_t pid = 0;
    media::Track const* track = nullptr;
};

// Checks that a transport stream can carry the track. The error says why it cannot.
std::expected<void, media::Error> check_writable(media::Track const& track);

// Both return a whole section with its checksum.
base::Bytes write_pat();
// REQUIRES: check_writable() accepts each track.
base::Bytes write_pmt(std::uint16_t clock_pid, std::span<ElementaryStream const> streams);

}  // namespace tidegate::ts
