// Units of sound in which nothing is heard. Players that join picture and sound (Media Source
// Extensions) stop when one of them stops, so a rendition must go on when the publisher's sound
// does not. Pure; any thread.
#pragma once

#include <optional>

#include "base/shared_bytes.hpp"
#include "base/time.hpp"
#include "media/track.hpp"

namespace tidegate::hls {

struct Silence {
    base::SharedBytes unit;
    base::Timestamp duration{};
};

// For AAC-LC and Opus with one or two channels; nullopt for others.
std::optional<Silence> silence_of(media::Track const& track);

}  // namespace tidegate::hls
