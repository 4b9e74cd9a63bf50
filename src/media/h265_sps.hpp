// The sequence parameter set of H.265 (ITU-T H.265 §7.3.2.2), as far as its bit depths. Pure; any
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/video_format.hpp"

namespace tidegate::media {

struct H265Sps {
    VideoFormat format;
    // profile space to level, the 12 bytes that a decoder configuration record repeats (§7.3.3).
    std::array<std::uint8_t, 12> general_profile_tier_level{};
    std::uint8_t temporal_layers = 1;
    bool temporal_id_nested = false;
};

// sps: the NAL unit with its two header bytes and emulation prevention bytes.
std::expected<H265Sps, Error> parse_h265_sps(base::ByteView sps);

}  // namespace tidegate::media
