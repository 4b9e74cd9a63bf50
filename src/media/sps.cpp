#include "media/sps.hpp"

namespace tidegate::media {

namespace detail {

std::uint32_t cropped_side(std::uint64_t full, std::uint64_t unit, std::uint64_t before,
                           std::uint64_t after) {
    auto const cut = unit * (before + after);
    if (full > kMaxPictureSide || cut >= full) return 0;
    return static_cast<std::uint32_t>(full - cut);
}

}  // namespace detail

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
