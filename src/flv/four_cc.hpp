// The numbers by which FLV (Adobe FLV 10.1 §E.4.2.1, E.4.3.1) and Enhanced RTMP name codecs. Any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "media/track.hpp"

namespace tidegate::flv {

inline constexpr std::uint8_t kAvcId = 7;
inline constexpr std::uint8_t kHevcId =
    12;  // unofficial, yet what encoders without Enhanced RTMP send
inline constexpr std::uint8_t kMp3Id = 2;
inline constexpr std::uint8_t kMp3LowRateId = 14;  // 8 kHz, which the tag's rate field cannot say
inline constexpr std::uint8_t kAacId = 10;

// The codec's fourCC, as connect's fourCcList names it: "avc1", "hvc1", "mp4a", "Opus", ".mp3".
std::string_view four_cc(media::Codec codec);

// The number is the fourCC in big-endian order. Nothing for another one, or for one of the other
// kind.
std::optional<media::Codec> codec_of(std::uint32_t number, media::Kind kind);

}  // namespace tidegate::flv
