// What a publisher's onMetaData says about the stream (Adobe FLV 10.1 §E.5). Plain values; any
// thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace tidegate::rtmp {

namespace amf0 {
class Value;
}

struct Metadata {
    // Whether the publisher says that it will send a kind. true: videocodecid or audiocodecid
    // announces it. false: that key is 0, or no key mentions this kind while the other one is
    // announced, because FFmpeg and GStreamer name only what they send. nullopt: it does not say.
    std::optional<bool> expects_video;
    std::optional<bool> expects_audio;
    // How many tracks stand in videoTrackIdInfoMap and audioTrackIdInfoMap (Enhanced RTMP).
    std::size_t further_tracks = 0;
    // Pixels, pictures per second, kbit/s, Hz; each is finite and positive, or absent.
    std::optional<double> width, height, frame_rate;
    std::optional<double> video_kbps, audio_kbps, audio_sample_rate;
    std::string encoder;  // the encoder's name; empty when absent
};

// Reads the object of onMetaData. A member of a wrong type, or a NaN, counts as absent.
Metadata read_metadata(amf0::Value const& object);

}  // namespace tidegate::rtmp
