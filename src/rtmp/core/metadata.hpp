// What onMetaData says about the stream (FLV specification E.5). Plain values; any thread.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace tidegate::rtmp {

namespace amf0 {
class Value;
}

struct Metadata {
    // true: announced by videocodecid/audiocodecid. false: announced as 0, or not mentioned by any
    // key while the other one is announced (FFmpeg and GStreamer name only what they send).
    // nullopt: unknown.
    std::optional<bool> expects_video;
    std::optional<bool> expects_audio;
    // Finite and positive, or absent.
    std::optional<double> width, height, frame_rate;
    std::optional<double> video_kbps, audio_kbps, audio_sample_rate;
    std::string encoder;
};

// Lenient: wrong types and NaN count as absent.
Metadata read_metadata(amf0::Value const& object);

}  // namespace tidegate::rtmp
