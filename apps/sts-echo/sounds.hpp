// What the echo answers with: sounds that a test can tell apart. Pure; any thread.
#pragma once

#include <cstdint>

#include "sts/core/audio_data.hpp"

namespace tidegate::echo {

// 400 to 2360 Hz in steps of 40 Hz, by the number of the fragment: neighbours differ by more than a
// short analysis can mix up, and all lie within speech.
double tone_frequency(std::int64_t sequence_number);

// A sound of PCM (pcm_s16le) with the rate and channels of another one. The echo has no encoder.
sts::AudioData tone_like(sts::AudioData const& audio, std::int64_t sequence_number);
sts::AudioData silence_like(sts::AudioData const& audio);

// The same sound made longer or shorter: PCM is cut or filled with silence; of AAC, whole ADTS
// frames are left out or repeated. What cannot be read stays as it is, but for its duration_ms.
sts::AudioData with_length(sts::AudioData audio, double factor);

}  // namespace tidegate::echo
