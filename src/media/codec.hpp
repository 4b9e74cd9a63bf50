// The codecs that the pipeline carries. Plain values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidegate::media {

// The order matters: Track::config uses these values as the index of its variant, and video comes
// before audio. The two laws of G.711 are codecs of their own, as in FLV and RTP.
enum class Codec : std::uint8_t {
    h264,
    h265,
    av1,
    vp9,
    aac,
    opus,
    mp3,
    ac3,
    eac3,
    flac,
    pcma,  // G.711 A-law
    pcmu,  // G.711 µ-law
};
inline constexpr std::size_t kCodecs = 12;

enum class Kind : std::uint8_t { video, audio };

constexpr Kind kind_of(Codec codec) {
    return codec <= Codec::vp9 ? Kind::video : Kind::audio;
}

}  // namespace tidegate::media
