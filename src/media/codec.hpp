// The codecs that the pipeline carries. Plain values; any thread.
#pragma once

#include <cstdint>

namespace tidegate::media {

// The order matters: Track::config uses these values as the index of its variant, and video comes
// before audio.
enum class Codec : std::uint8_t { h264, h265, aac, opus, mp3 };
enum class Kind : std::uint8_t { video, audio };

}  // namespace tidegate::media
