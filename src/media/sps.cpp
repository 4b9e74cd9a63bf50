#include "media/sps.hpp"

#include <array>

#include "media/av1.hpp"
#include "media/vp9.hpp"

namespace tidegate::media {

namespace detail {

std::uint32_t cropped_side(std::uint64_t full, std::uint64_t unit, std::uint64_t before,
                           std::uint64_t after) {
    auto const cut = unit * (before + after);
    if (full > kMaxPictureSide || cut >= full) return 0;
    return static_cast<std::uint32_t>(full - cut);
}

}  // namespace detail

namespace {

std::string level_text(unsigned major, unsigned minor) {
    return std::to_string(major) + (minor == 0 ? "" : "." + std::to_string(minor));
}

// 1 is 4:2:0, as in an SPS.
std::uint8_t chroma_format(bool subsampling_x, bool subsampling_y) {
    if (!subsampling_x) return 3;
    return subsampling_y ? 1 : 2;
}

// Units of AV1 and VP9 are in the order in which they are shown: a hidden picture is in the same
// unit as the picture that is shown next.
std::optional<VideoFormat> av1_format(Av1Config const& config) {
    static constexpr std::array<char const*, 3> kProfiles{"Main", "High", "Professional"};
    auto const sequence = av1_sequence(config);
    if (!sequence) return std::nullopt;
    VideoFormat format;
    format.width = sequence->width;
    format.height = sequence->height;
    format.profile = kProfiles[sequence->profile];
    format.level = level_text(2 + sequence->level / 4, sequence->level % 4);
    format.fps = sequence->fps;
    format.chroma_format = sequence->monochrome
                               ? std::uint8_t{0}
                               : chroma_format(sequence->subsampling_x, sequence->subsampling_y);
    format.bit_depth_luma = format.bit_depth_chroma = sequence->bit_depth;
    format.reorder_depth = 0;
    return format;
}

std::optional<VideoFormat> vp9_format(Vp9Config const& config) {
    if (config.width == 0) return std::nullopt;
    VideoFormat format;
    format.width = config.width;
    format.height = config.height;
    format.profile = "Profile " + std::to_string(config.profile);
    format.level = level_text(vp9_level(config) / 10, vp9_level(config) % 10);
    format.chroma_format = config.chroma_subsampling <= 1
                               ? std::uint8_t{1}
                               : static_cast<std::uint8_t>(config.chroma_subsampling);
    format.bit_depth_luma = format.bit_depth_chroma = config.bit_depth;
    format.reorder_depth = 0;
    return format;
}

}  // namespace

std::optional<VideoFormat> video_format(Track const& track) {
    if (auto const* h264 = std::get_if<H264Config>(&track.config)) {
        if (auto format = parse_h264_sps(h264->sets.sps())) return *std::move(format);
    }
    if (auto const* h265 = std::get_if<H265Config>(&track.config)) {
        if (auto sps = parse_h265_sps(h265->sets.sps())) return std::move(sps->format);
    }
    if (auto const* av1 = std::get_if<Av1Config>(&track.config)) return av1_format(*av1);
    if (auto const* vp9 = std::get_if<Vp9Config>(&track.config)) return vp9_format(*vp9);
    return std::nullopt;
}

}  // namespace tidegate::media
