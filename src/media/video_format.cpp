#include "media/video_format.hpp"

#include "media/h264_sps.hpp"
#include "media/h265_sps.hpp"

namespace tidegate::media {

std::optional<VideoFormat> video_format(Track const& track) {
    if (auto const* h264 = std::get_if<H264Config>(&track.config)) {
        if (auto format = parse_h264_sps(h264->sets.sps())) return *std::move(format);
    }
    if (auto const* h265 = std::get_if<H265Config>(&track.config)) {
        if (auto sps = parse_h265_sps(h265->sets.sps())) return std::move(sps->format);
    }
    return std::nullopt;
}

}  // namespace tidegate::media
