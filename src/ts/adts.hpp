// The ADTS header that stands before each AAC access unit in MPEG-TS (ISO/IEC 14496-3 §1.A.3.2).
// Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>

#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::ts {

inline constexpr std::size_t kAdtsHeaderSize = 7;
// Header included: what its 13 bits can tell of.
inline constexpr std::size_t kMaxAdtsFrame = (1U << 13) - 1;

struct AdtsForm {
    std::uint8_t object_type = 2;
    std::uint8_t rate_index = 4;
    std::uint8_t channel_configuration = 2;
    std::uint32_t core_rate = 44100;  // with SBR half of what is heard

    // REQUIRES: kAdtsHeaderSize + unit_size <= kMaxAdtsFrame.
    std::array<std::uint8_t, kAdtsHeaderSize> header(std::size_t unit_size) const;
};

// SBR and PS go unsaid: decoders find them in the units. An error for what ADTS cannot say: object
// types above 4, rates that are not in the table, channels by a program config element.
std::expected<AdtsForm, media::Error> adts_form(media::AacConfig const& config);

}  // namespace tidegate::ts
