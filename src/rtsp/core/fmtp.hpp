// What a=rtpmap and a=fmtp say of one format, made into a track. Internal to this folder.
#pragma once

#include <cstdint>
#include <string_view>

#include "rtsp/core/sdp.hpp"

namespace tidegate::rtsp {

struct FormatLines {
    std::uint8_t payload_type = 0;
    std::string_view map = {};         // "H264/90000"; empty when absent
    std::string_view parameters = {};  // "packetization-mode=1; …"; empty when absent
};

// Fills everything but type and control: `track`, or `unsupported` with the reason.
void apply_format(FormatLines const& lines, MediaDescription& media);

// Once each, separated by commas.
void add_remark(MediaDescription& media, std::string_view remark);

}  // namespace tidegate::rtsp
