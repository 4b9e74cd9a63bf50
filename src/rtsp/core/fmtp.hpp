// What a=rtpmap and a=fmtp say of one format, made into a track. Internal to this folder.
#pragma once

#include <string>
#include <string_view>

#include "rtsp/core/sdp.hpp"

namespace tidegate::rtsp {

struct FormatLines {
    std::string_view map;         // "H264/90000"; empty when absent
    std::string_view parameters;  // "packetization-mode=1; …"; empty when absent
};

// Fills everything but type and control. The error is a sentence about the format itself being
// malformed; a codec that is merely not carried sets `unsupported`.
std::expected<void, std::string> apply_format(FormatLines const& lines, MediaDescription& media);

}  // namespace tidegate::rtsp
