// Codecs by the names that people know, for refusals and the log. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "media/track.hpp"

namespace tidegate::flv {

// number: FLV's codec id (below 16), or a fourCC in big-endian order. "AV1", "G.711 A-law"; what
// has no name is called "codec 'abcd'" or "codec 9".
std::string codec_name(std::uint32_t number, media::Kind kind);

// "H.264", "AAC".
std::string_view codec_name(media::Codec codec);

}  // namespace tidegate::flv
