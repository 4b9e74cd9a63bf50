// Places on the line of sound of a stream. Sample k of the line is sample k of the source, and goes
// out a fixed delay later. "Frame" means one sample of each channel, as in media/pcm.hpp. Plain
// values; any thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "media/track.hpp"

namespace tidegate::dub {

using Position = std::int64_t;  // a frame of the line; it may be negative
using Frames = std::int64_t;    // a length

// The nearest number of frames. REQUIRES: the length is less than a day.
constexpr Frames frames_of(std::chrono::nanoseconds length, std::uint32_t sample_rate) {
    auto const rate = static_cast<std::int64_t>(sample_rate);
    auto const half = length.count() < 0 ? -500'000'000 : 500'000'000;
    return length.count() / 1'000'000'000 * rate +
           (length.count() % 1'000'000'000 * rate + half) / 1'000'000'000;
}

// One change of sound (dub to original, sound to a gap, ...) is a cross-fade of this length.
inline constexpr std::chrono::milliseconds kFade{20};

// What the line can carry. AAC, Opus and MP3 have no other rates.
inline constexpr std::uint32_t kMinSampleRate = 8000;
inline constexpr std::uint32_t kMaxSampleRate = 96000;
inline constexpr std::uint8_t kMaxChannels = 8;

// Whether a Timeline, a Cutter and fit() take sound of this format. Model tests use low rates, so
// only zeros and the upper limits are refused.
constexpr bool is_usable(media::AudioFormat const& format) {
    return format.sample_rate > 0 && format.sample_rate <= kMaxSampleRate &&
           format.channel_count > 0 && format.channel_count <= kMaxChannels;
}

}  // namespace tidegate::dub
