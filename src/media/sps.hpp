// Reads sequence parameter sets: H.264 (ITU-T H.264 §7.3.2.1.1, VUI in annex E) and H.265 (ITU-T
// H.265 §7.3.2.2, up to the sub-layer ordering information). Pure functions; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// What an SPS, or a header in its place, says about the pictures. Profile and level are written as
// in MediaMTX's codecProps.
struct VideoFormat {
    std::uint32_t width = 0;  // pixels, after cropping
    std::uint32_t height = 0;
    std::string profile;             // "High", "Main 10"; the profile's number where it has no name
    std::string level;               // "3.1", "4"
    double fps = 0;                  // pictures per second; 0 when the SPS does not say
    std::uint8_t chroma_format = 1;  // 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4
    std::uint8_t bit_depth_luma = 8;
    std::uint8_t bit_depth_chroma = 8;
    // How many pictures may precede a picture in decoding order and follow it in output order
    // (H.264 max_num_reorder_frames, H.265 sps_max_num_reorder_pics). 0 for streams without B
    // pictures; nullopt when the SPS does not say.
    std::optional<std::uint8_t> reorder_depth;
    bool operator==(VideoFormat const&) const = default;
};

// The longest side of a picture, in pixels, that is believed: twice 8K. An SPS that claims more is
// refused.
inline constexpr std::uint32_t kMaxPictureSide = 16384;

// The largest reorder depth that H.264 and H.265 allow.
inline constexpr std::size_t kMaxReorderDepth = 16;

// sps: the whole NAL unit, with its header and its emulation prevention bytes.
std::expected<VideoFormat, Error> parse_h264_sps(base::ByteView sps);

// What an SPS of H.264 says about the beginning of slice headers (§7.3.3).
struct H264SliceSyntax {
    bool separate_planes = false;     // colour_plane_id is there
    std::uint8_t frame_num_bits = 4;  // 4 to 16
    bool frames_only = true;          // there are no fields
};
// nullopt when the SPS cannot be read.
std::optional<H264SliceSyntax> h264_slice_syntax(base::ByteView sps);

struct H265Sps {
    VideoFormat format;
    // The 12 bytes from general_profile_space to general_level_idc (§7.3.3), which a decoder
    // configuration record repeats.
    std::array<std::uint8_t, 12> general_profile_tier_level{};
    std::uint8_t temporal_layers = 1;
    bool temporal_id_nested = false;
};

std::expected<H265Sps, Error> parse_h265_sps(base::ByteView sps);

// The format of a video track by the SPS that speaks for it (ParameterSets::sps()), by AV1's
// sequence header or by VP9's key frame. nullopt for audio, and when this is missing or cannot be
// read.
std::optional<VideoFormat> video_format(Track const& track);

namespace detail {

// One side of a picture in pixels: `full`, less `before` and `after` in steps of `unit`. 0 when the
// cropping leaves nothing, or when the side is larger than kMaxPictureSide.
std::uint32_t cropped_side(std::uint64_t full, std::uint64_t unit, std::uint64_t before,
                           std::uint64_t after);

}  // namespace detail

}  // namespace tidegate::media
