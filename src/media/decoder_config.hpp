// Decoder configuration records: the body of a sequence header in FLV and MP4. They hold a video
// track's parameter sets.
//   H.264  AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1)
//   H.265  HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1)
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <expected>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// Read a record. Parameter sets may be missing from the result: encoders that send them in-band
// write records without them.
std::expected<H264Config, Error> parse_avc_config(base::ByteView record);
std::expected<H265Config, Error> parse_hevc_config(base::ByteView record);

// How many bytes the length in front of each NAL unit has in the frames that follow, 1 to 4.
// REQUIRES: the record was read without an error.
std::uint8_t avc_length_size(base::ByteView record);
std::uint8_t hevc_length_size(base::ByteView record);

// Write a record for lengths of 4 bytes. The result is empty when the configuration has no SPS, and
// for H.265 also when its SPS cannot be read, because the record repeats fields of it.
base::Bytes write_avc_config(H264Config const& config);
base::Bytes write_hevc_config(H265Config const& config);

// A stand-in for a publisher that sends its parameter sets in-band only: an SPS and a PPS of 1080p
// Baseline, the same as MediaMTX's. The first sets in the stream replace them.
H264Config default_h264_config();

}  // namespace tidegate::media
