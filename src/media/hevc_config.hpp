// HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1): the body of the H.265 sequence
// header.
#pragma once

#include <expected>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// Sets may be missing: encoders that send them in-band write a record without them.
std::expected<H265Config, Error> parse_hevc_config(base::ByteView record);

// How many bytes the length before each NAL unit has, 1 to 4. REQUIRES: parse_hevc_config() reads
// the record.
std::uint8_t hevc_length_size(base::ByteView record);

// An SPS that cannot be read yields an empty record.
base::Bytes write_hevc_config(H265Config const& config);

}  // namespace tidegate::media
