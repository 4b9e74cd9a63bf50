// Changes the speed of speech and keeps its pitch (Rubber Band library). Pure; any thread.
#pragma once

#include "dub/position.hpp"
#include "media/pcm.hpp"

namespace tidegate::dub {

// The same sound in exactly `length` frames. REQUIRES: is_usable(pcm.format), pcm and length are
// not empty, and length / pcm.frames() is between 0.5 and 2.
media::Pcm stretched(media::Pcm const& pcm, Frames length);

}  // namespace tidegate::dub
