// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1): the body of FLV's and MP4's H.264
// sequence header.
#pragma once

#include <expected>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// Sets may be missing: encoders that send them in-band write a record without them.
std::expected<H264Config, Error> parse_avc_config(base::ByteView record);

// How many bytes the length before each NAL unit has, 1 to 4. REQUIRES: parse_avc_config() reads
// the record.
std::uint8_t avc_length_size(base::ByteView record);

// Empty without an SPS.
base::Bytes write_avc_config(H264Config const& config);

// The sets that stand in for those of a publisher that sends them in-band only, as MediaMTX does: a
// 1080p Baseline pair, which the first in-band sets replace.
H264Config default_h264_config();

}  // namespace tidegate::media
