// The sequence parameter set of H.264 (ITU-T H.264 §7.3.2.1.1, VUI annex E). Pure; any thread.
#pragma once

#include <expected>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/video_format.hpp"

namespace tidegate::media {

// sps: the NAL unit with its header byte and emulation prevention bytes.
std::expected<VideoFormat, Error> parse_h264_sps(base::ByteView sps);

}  // namespace tidegate::media
