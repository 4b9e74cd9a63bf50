// A piece of the original sound that is dubbed as a whole. Plain values; any thread.
#pragma once

#include <cstdint>

#include "dub/position.hpp"
#include "media/pcm.hpp"

namespace tidegate::dub {

// What stands at the end of a fragment.
enum class Ending : std::uint8_t {
    pause,    // the speaker pauses
    maximum,  // no pause came: it was cut at the quietest point of its last third
    gap,      // the source has no sound after it
    end,      // the source has ended
};

struct Fragment {
    std::uint64_t number = 0;  // counted from 0, without a hole
    Position first = 0;
    media::Pcm pcm;
    // false: no voice was found in it, so it need not be sent.
    bool speech = false;
    Ending ending = Ending::pause;

    Frames length() const { return static_cast<Frames>(pcm.frames()); }
    Position end() const { return first + length(); }
    bool operator==(Fragment const&) const = default;
};

}  // namespace tidegate::dub
