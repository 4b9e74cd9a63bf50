// The ADTS header that stands before each AAC access unit in MPEG-TS (ISO/IEC 14496-3 §1.A.3.2).
// Plain values and pure functions; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>

#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::ts {

inline constexpr std::size_t kAdtsHeaderSize = 7;
// The largest frame, its header included: the size has 13 bits.
inline constexpr std::size_t kMaxAdtsFrame = (1U << 13) - 1;

struct AdtsForm {
    std::uint8_t object_type = 2;
    std::uint8_t rate_index = 4;
    std::uint8_t channel_configuration = 2;
    std::uint32_t core_rate = 44100;  // with SBR half the rate of the decoded sound

    // REQUIRES: kAdtsHeaderSize + unit_size <= kMaxAdtsFrame.
    std::array<std::uint8_t, kAdtsHeaderSize> header(std::size_t unit_size) const;
};

// The header's fields for a configuration. SBR and PS are not among them: decoders find these in
// the units. An error for what ADTS cannot express: object types above 4, rates that are not in the
// standard's table, and channels that a program config element describes.
std::expected<AdtsForm, media::Error> adts_form(media::AacConfig const& config);

}  // namespace tidegate::ts
