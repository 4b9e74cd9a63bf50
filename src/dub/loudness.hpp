// Loudness of speech by EBU R128, and how a dub is brought to the original's. Pure; any thread.
#pragma once

#include <optional>

#include "media/pcm.hpp"

namespace tidegate::dub {

// A dub is made louder or quieter by at most this. A larger difference is none of loudness: one of
// both is nearly silent, and noise would be made loud.
inline constexpr double kMaxGainDb = 12.0;
// What is quieter is not brought to any loudness, and nothing is brought to its (LUFS).
inline constexpr double kQuietest = -50.0;
// No sample of a dub that was made louder exceeds this (-1 dB full scale): encoders overshoot.
inline constexpr float kCeiling = 0.89F;

// The gated loudness of a fragment in LUFS: blocks of 400 ms, those of silence and those 10 dB
// below the rest left out (EBU R128 over the fragment's 2 to 6 s, so that pauses do not count).
// nullopt: shorter than 400 ms, or silence. REQUIRES: is_usable(pcm.format).
std::optional<double> loudness(media::Pcm const& pcm);

// dB that bring a dub of loudness `from` to `to`. 0: one of them is not known or too quiet.
double gain_between(std::optional<double> from, std::optional<double> to);

// Applies a gain. A peak above kCeiling is limited with 5 ms of look-ahead, so nothing clips; a dub
// that is made quieter, or has no such peak, is only multiplied.
void apply_gain(media::Pcm& pcm, double gain_db);

}  // namespace tidegate::dub
