// A piece of the original sound that is dubbed as a whole. Plain values; any thread.
#pragma once

#include <cstdint>

#include "dub/position.hpp"
#include "media/pcm.hpp"

namespace tidegate::dub {

// dB full scale, mean square over 10 ms. Voices are far above it, the noise of most rooms is below.
inline constexpr double kSilenceDb = -50.0;

// What stands at the end of a fragment.
enum class Ending : std::uint8_t {
    pause,    // the speaker pauses
    maximum,  // no pause came: it was cut at the quietest point of its last third. Or it is silent
    gap,      // the source has no sound after it
    end,      // the source has ended
};

struct Fragment {
    std::uint64_t number = 0;  // counted from 0, without a hole
    Position first = 0;
    media::Pcm pcm;
    // Nothing in it is louder than kSilenceDb, so it need not be sent.
    bool silent = false;
    // How long the speaker already pauses at its end. A dub may end before that, too.
    Frames pause = 0;
    Ending ending = Ending::pause;

    Frames length() const { return static_cast<Frames>(pcm.frames()); }
    Position end() const { return first + length(); }
    bool operator==(Fragment const&) const = default;
};

}  // namespace tidegate::dub
