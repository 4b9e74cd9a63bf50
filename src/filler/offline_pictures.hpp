// What a path that is always available shows while nobody publishes, if it has no file of its own:
// a picture of ours in each codec of video (pictures/). Pure; any thread.
#pragma once

#include "filler/slate.hpp"
#include "media/track.hpp"

namespace tidegate::filler {

// Fills in what a decoder must know of the tracks of video, and returns the clip that has a picture
// for each of them. Sound is left to silence.
Slate offline_pictures(media::Tracks& tracks);

}  // namespace tidegate::filler
