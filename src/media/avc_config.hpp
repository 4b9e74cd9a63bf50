// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1): the body of FLV's and MP4's H.264
// sequence header.
#pragma once

#include <expected>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// Keeps the first SPS and the first PPS; both must be there. A length size other than 4 is an
// error.
std::expected<H264Config, Error> parse_avc_config(base::ByteView record);

// REQUIRES: each set is shorter than 64 KiB; an SPS of less than 4 bytes yields an empty record.
base::Bytes write_avc_config(H264Config const& config);

// The sets that stand in for those of a publisher that sends them in-band only, as MediaMTX does: a
// 1080p Baseline pair, which the first in-band sets replace.
H264Config default_h264_config();

}  // namespace tidegate::media
