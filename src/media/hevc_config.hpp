// HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1): the body of the H.265 sequence
// header.
#pragma once

#include <expected>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// Keeps the first VPS, SPS and PPS; all must be there. A length size other than 4 is an error.
std::expected<H265Config, Error> parse_hevc_config(base::ByteView record);

// REQUIRES: each set is shorter than 64 KiB. An SPS that cannot be read yields an empty record.
base::Bytes write_hevc_config(H265Config const& config);

}  // namespace tidegate::media
