// Decoded sound. Plain values; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "media/track.hpp"

namespace tidegate::media {

// Samples of all channels, one frame after another (L R L R ...); full scale is -1 to 1. A frame is
// one sample of each channel.
struct Pcm {
    AudioFormat format;
    std::vector<float> samples;  // its size is a multiple of the number of channels

    std::size_t frames() const {
        return format.channel_count == 0 ? 0 : samples.size() / format.channel_count;
    }
    std::span<float const> frames(std::size_t first, std::size_t count) const {
        return std::span(samples).subspan(first * format.channel_count,
                                          count * format.channel_count);
    }
    bool operator==(Pcm const&) const = default;
};

}  // namespace tidegate::media
