// How codecs are named: in FLV by a number below 16 (Adobe FLV 10.1 §E.4.2.1, §E.4.3.1), in
// Enhanced RTMP by four characters (fourCC), and for people in words. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "media/track.hpp"

namespace tidegate::flv {

inline constexpr std::uint8_t kAvcId = 7;
// H.265 has no official number; encoders without Enhanced RTMP use this one.
inline constexpr std::uint8_t kHevcId = 12;
inline constexpr std::uint8_t kMp3Id = 2;
// MP3 at 8 kHz, which the rate field of a tag cannot express.
inline constexpr std::uint8_t kMp3LowRateId = 14;
inline constexpr std::uint8_t kAacId = 10;
inline constexpr std::uint8_t kALawId = 7;
inline constexpr std::uint8_t kMuLawId = 8;

// The packet types of Enhanced RTMP that mean "several tracks".
inline constexpr std::uint8_t kAudioMultitrack = 5;
inline constexpr std::uint8_t kVideoMultitrack = 6;

// The fourCC of a codec: "avc1", "hvc1", "mp4a". Empty for G.711, which has none.
std::string_view four_cc(media::Codec codec);

// The codec of a fourCC, which is given as a big-endian number. nullopt when we do not carry the
// codec, and when it is not of this kind.
std::optional<media::Codec> codec_of(std::uint32_t number, media::Kind kind);

// The name of a codec that FLV or Enhanced RTMP can name, whether we carry it or not: "AV1", "G.711
// A-law". One that has no name is called "codec 'abcd'" or "codec 9". number: FLV's codec id (below
// 16), or a fourCC as a big-endian number.
std::string codec_name(std::uint32_t number, media::Kind kind);

// The name of a codec that we carry: "H.264", "AAC".
std::string_view codec_name(media::Codec codec);

}  // namespace tidegate::flv
