// A stream's tracks as the Control API lists them (contract §4.5). Pure; any thread.
#pragma once

#include <string>

#include "media/track.hpp"

namespace tidegate::router {

// Returns "tracks":[...],"tracks2":[...]
std::string tracks_text(media::Tracks const& tracks);

}  // namespace tidegate::router
