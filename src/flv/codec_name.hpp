// The names of codecs as people know them, for the log and for refusals. Pure functions; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "media/track.hpp"

namespace tidegate::flv {

// The name of a codec that FLV or Enhanced RTMP can name, whether we carry it or not: "AV1", "G.711
// A-law". One that has no name is called "codec 'abcd'" or "codec 9". number: FLV's codec id (below
// 16), or a fourCC as a big-endian number.
std::string codec_name(std::uint32_t number, media::Kind kind);

// The name of a codec that we carry: "H.264", "AAC".
std::string_view codec_name(media::Codec codec);

}  // namespace tidegate::flv
