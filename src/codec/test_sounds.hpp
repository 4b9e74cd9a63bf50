// Sounds for the tests of codecs and of stages that process sound, and where they are found again.
// Tests only.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>

#include "media/pcm.hpp"

namespace tidegate::codec::test {

inline media::Pcm silence(std::size_t frames, media::AudioFormat format = {48000, 2}) {
    return {format, std::vector<float>(frames * format.channel_count)};
}

// Adds a tone to all channels from `first` on.
inline void add_tone(media::Pcm& pcm, double hertz, float level, std::size_t first,
                     std::size_t count) {
    auto const channels = pcm.format.channel_count;
    for (std::size_t i = first; i < std::min(first + count, pcm.frames()); ++i) {
        auto const phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) /
                           static_cast<double>(pcm.format.sample_rate);
        for (std::size_t c = 0; c < channels; ++c) {
            pcm.samples[i * channels + c] += level * static_cast<float>(std::sin(phase));
        }
    }
}

// The power of one frequency within a part of a sound, against the power of all of it: 1 for a pure
// tone (Goertzel's algorithm over the first channel).
inline double share_of(media::Pcm const& pcm, double hertz, std::size_t first, std::size_t count) {
    auto const channels = pcm.format.channel_count;
    double sine = 0, cosine = 0, all = 0;
    for (std::size_t i = first; i < first + count && i < pcm.frames(); ++i) {
        auto const phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) /
                           static_cast<double>(pcm.format.sample_rate);
        auto const sample = static_cast<double>(pcm.samples[i * channels]);
        sine += sample * std::sin(phase);
        cosine += sample * std::cos(phase);
        all += sample * sample;
    }
    if (all == 0) return 0;
    return 2 * (sine * sine + cosine * cosine) / (static_cast<double>(count) * all);
}

// The first frame whose first channel is louder than `level`; the number of frames if none is.
inline std::size_t first_louder(media::Pcm const& pcm, float level, std::size_t from = 0) {
    for (auto i = from; i < pcm.frames(); ++i) {
        if (std::abs(pcm.samples[i * pcm.format.channel_count]) > level) return i;
    }
    return pcm.frames();
}

// The loudest frame of the first channel.
inline std::size_t loudest(media::Pcm const& pcm) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < pcm.frames(); ++i) {
        if (std::abs(pcm.samples[i * pcm.format.channel_count]) >
            std::abs(pcm.samples[found * pcm.format.channel_count])) {
            found = i;
        }
    }
    return found;
}

inline double rms(std::span<float const> samples) {
    double sum = 0;
    for (auto const sample : samples)
        sum += static_cast<double>(sample) * static_cast<double>(sample);
    return samples.empty() ? 0 : std::sqrt(sum / static_cast<double>(samples.size()));
}

}  // namespace tidegate::codec::test
