// Sound for the tests of this folder.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

#include "dub/position.hpp"
#include "media/pcm.hpp"

namespace tidegate::dub {

inline media::Pcm make_pcm(media::AudioFormat format, Frames frames, auto sample_at) {
    media::Pcm pcm{format, {}};
    for (Frames i = 0; i < frames; ++i) {
        for (int c = 0; c < format.channel_count; ++c) {
            pcm.samples.push_back(static_cast<float>(sample_at(i)));
        }
    }
    return pcm;
}

inline media::Pcm tone(media::AudioFormat format, Frames frames, double hz, double amplitude) {
    return make_pcm(format, frames, [&](Frames i) {
        return amplitude *
               std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / format.sample_rate);
    });
}

inline media::Pcm silence(media::AudioFormat format, Frames frames) {
    return make_pcm(format, frames, [](Frames) { return 0; });
}

inline void append(media::Pcm& pcm, media::Pcm const& more) {
    pcm.samples.insert(pcm.samples.end(), more.samples.begin(), more.samples.end());
}

// Something like a voice: a hum of 140 Hz with harmonics, in syllables of 200 ms with short dips
// between them.
inline media::Pcm voice(media::AudioFormat format, Frames frames, double amplitude = 0.3) {
    return make_pcm(format, frames, [&](Frames i) {
        auto const t = static_cast<double>(i) / format.sample_rate;
        auto sum = 0.0;
        for (int h = 1; h <= 8; ++h) sum += std::sin(2 * std::numbers::pi * 140 * h * t) / h;
        auto const syllable = std::sin(std::numbers::pi * std::fmod(t, 0.2) / 0.2);
        return amplitude * sum * syllable;
    });
}

inline media::Pcm noise(media::AudioFormat format, Frames frames, double amplitude) {
    std::minstd_rand random(7);
    return make_pcm(format, frames, [&](Frames) {
        return amplitude * (static_cast<double>(random() % 20001) / 10000 - 1);
    });
}

// The power of a frequency in a part of a sound, first channel: amplitude of the tone.
inline double amplitude_of(media::Pcm const& pcm, double hz, std::size_t first,
                           std::size_t frames) {
    auto re = 0.0;
    auto im = 0.0;
    for (std::size_t i = first; i < first + frames; ++i) {
        auto const angle =
            2 * std::numbers::pi * hz * static_cast<double>(i) / pcm.format.sample_rate;
        auto const sample = pcm.samples[i * pcm.format.channel_count];
        re += sample * std::cos(angle);
        im += sample * std::sin(angle);
    }
    return 2 * std::hypot(re, im) / static_cast<double>(frames);
}

inline float largest(media::Pcm const& pcm) {
    auto peak = 0.0F;
    for (auto const sample : pcm.samples) peak = std::max(peak, std::abs(sample));
    return peak;
}

}  // namespace tidegate::dub
