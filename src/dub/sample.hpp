// Samples of sound that may come from anywhere. Any thread.
#pragma once

#include <algorithm>
#include <cmath>

namespace tidegate::dub {

// Decoders overshoot full scale by some dB. What is louder than 12 dB above it is garbage, and an
// encoder may refuse it.
inline constexpr float kMaxSample = 4.0F;

// The sample, cut to kMaxSample; 0 if it is not a number.
inline float clean(float sample) {
    return std::isnan(sample) ? 0.0F : std::clamp(sample, -kMaxSample, kMaxSample);
}

}  // namespace tidegate::dub
