// What a sequence parameter set says of its pictures, in the words of MediaMTX's codecProps. A
// value.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

struct VideoFormat {
    std::uint32_t width = 0;  // in pixels, after cropping
    std::uint32_t height = 0;
    std::string profile;  // "High", "Main 10"; the number where it has no name
    std::string level;    // "3.1", "4"
    double fps = 0;       // 0: not said
    std::uint8_t chroma_format = 1;
    std::uint8_t bit_depth_luma = 8;
    std::uint8_t bit_depth_chroma = 8;
    bool operator==(VideoFormat const&) const = default;
};

// A picture's longest side that is believed: twice 8K. A larger one is a lie or useless.
inline constexpr std::uint32_t kMaxPictureSide = 16384;

// Of a video track with a readable SPS; nothing otherwise.
std::optional<VideoFormat> video_format(Track const& track);

}  // namespace tidegate::media
