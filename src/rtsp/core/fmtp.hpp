// Makes a track of what a=rtpmap and a=fmtp say about one format of a description (RFC 8866 §6.6,
// §6.15). Internal to this folder. Pure functions; any thread.
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

// Fills all members of `media` but type and control. When we do not carry the format, `track` stays
// empty and `unsupported` says why.
void apply_format(FormatLines const& lines, MediaDescription& media);

// Adds a remark to media.remark, behind a comma, unless it is there already.
void add_remark(MediaDescription& media, std::string_view remark);

}  // namespace tidegate::rtsp
