// The tables that say what a transport stream holds: programs (PAT, ISO/IEC 13818-1 §2.4.4.3) and
// the elementary streams of one (PMT, §2.4.4.8). Pure; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::ts {

// As MediaMTX numbers them.
inline constexpr std::uint16_t kPatPid = 0;
inline constexpr std::uint16_t kPmtPid = 0x1000;
inline constexpr std::uint16_t kFirstTrackPid = 256;

struct ElementaryStream {
    std::uint16_t pid = 0;
    media::Track const* track = nullptr;
};

// Whether a transport stream has a form for the track.
std::expected<void, media::Error> check_writable(media::Track const& track);

// Whole sections.
base::Bytes write_pat();
// REQUIRES: check_writable() of each track.
base::Bytes write_pmt(std::uint16_t clock_pid, std::span<ElementaryStream const> streams);

}  // namespace tidegate::ts
