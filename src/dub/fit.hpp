// Makes the sound that came back for a fragment fit into its place: checked, trimmed, stretched and
// brought to the original's loudness. Pure, but it takes some milliseconds of CPU time, so call it
// on a helper thread. Any thread.
//
// What is done about the length, where S is the length of the place and L that of the dub without
// the silence at its end:
//   - A pause at the end of a sentence is natural. If L is shorter than S by at most kNaturalPause,
//     or by the pause that the speaker makes there, the dub stays as it is. The rest of its place
//     is silent.
//   - A shorter dub is stretched until only this pause is missing, by at most kMaxStretch. If it
//     would be stretched by less than kLeastStretch, the pause grows instead: an unstretched voice
//     sounds better, and nobody hears a pause that is 100 ms longer.
//   - A dub that is longer by at most kFade stays as it is: the cross-fade to the next sound hides
//     its end. A longer one is stretched to S exactly, by at least kMinStretch.
//   - Beyond these limits it is refused.
// Silence at the beginning is kept: it is where the voice has its place.
#pragma once

#include <chrono>
#include <expected>
#include <optional>

#include "dub/fallback.hpp"
#include "dub/position.hpp"
#include "media/pcm.hpp"

namespace tidegate::dub {

// Length after / before. Speech outside this range sounds hurried or drunk.
inline constexpr double kMinStretch = 0.75;
inline constexpr double kMaxStretch = 1.33;
inline constexpr double kLeastStretch = 0.03;
// Speakers pause for 200 to 500 ms between sentences. In a short fragment, a quarter of it at most.
inline constexpr std::chrono::milliseconds kNaturalPause{300};

// The place of a dub.
struct Place {
    media::AudioFormat format;  // of the line
    Frames length = 0;          // of the fragment
    Frames pause = 0;           // Fragment::pause
    // LUFS of the fragment (loudness() in dub/loudness.hpp); nullopt: the dub keeps its own.
    std::optional<double> loudness;
};

// How much of a place may be silent after its dub. `pause`: Fragment::pause.
Frames natural_pause(Frames length, Frames pause, std::uint32_t sample_rate);
Frames longest_pause(Frames length, Frames pause, std::uint32_t sample_rate);  // kLeastStretch, too

struct Fitted {
    media::Pcm pcm;      // from length - longest_pause() to length + kFade
    double stretch = 1;  // length after / before; 1: not stretched
    double gain_db = 0;  // what its loudness was changed by; before the limiter
    Frames silence = 0;  // of the place, after the dub's end
    Frames trimmed = 0;  // silence that was cut from the dub's end
};

// `dub`: the decoded answer, resampled to the line's format. REQUIRES: is_usable(place.format), and
// its rate is at least kMinSampleRate.
std::expected<Fitted, Fallback> fit(media::Pcm dub, Place const& place);

}  // namespace tidegate::dub
