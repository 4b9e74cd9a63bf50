// The `codecs` parameter of a media type (RFC 6381), by which players of HLS and Media Source
// Extensions decide whether they can play a track. Pure functions; any thread.
#pragma once

#include <string>

#include "media/track.hpp"

namespace tidegate::media {

// "avc1.64001f", "hvc1.1.6.L120.90", "av01.0.08M.08.0.110.01.01.01.0", "vp09.00.31.08",
// "mp4a.40.2", "opus", "ac-3", "ec-3", "flac", as MediaMTX writes them; for MP3 "mp4a.6B". Empty
// for G.711, which no such format carries, and when the configuration that the text repeats is
// missing or cannot be read.
std::string codecs_parameter(Track const& track);

}  // namespace tidegate::media
