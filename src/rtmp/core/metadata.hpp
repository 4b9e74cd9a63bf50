// What a publisher's onMetaData says about the stream (Adobe FLV 10.1 §E.5). Plain values; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "media/track.hpp"

namespace tidegate::flv {
class TrackMap;
}

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

    // What a sound is called and in which language it is, by its track's id in Enhanced RTMP; only
    // those of which something is known. No specification has these members: of the first sound
    // they are `language` (which `ffmpeg -metadata language=es` writes) and `audioname` beside the
    // others, of further sounds `language` and `name` in audioTrackIdInfoMap.
    struct Sound {
        std::uint8_t id = 0;
        std::string language;
        std::string name;
    };
    std::vector<Sound> sounds;  // at most media::kMaxTracks
    // In which languages captions will come (caption.hpp), as tags.
    std::vector<std::string> caption_languages;
};

inline constexpr std::string_view kVideoTracks = "videoTrackIdInfoMap";
inline constexpr std::string_view kAudioTracks = "audioTrackIdInfoMap";
inline constexpr std::string_view kLanguage = "language";
inline constexpr std::string_view kFirstName = "audioname";
inline constexpr std::string_view kFurtherName = "name";

// Sets language and name of the track with this id, if it is a sound.
void describe_sound(Metadata const& metadata, std::uint8_t track_id, media::Track& track);
// Of all tracks of the map.
void describe_sounds(Metadata const& metadata, flv::TrackMap const& map, media::Tracks& tracks);

// Reads the object of onMetaData. A member of a wrong type, or a NaN, counts as absent.
Metadata read_metadata(amf0::Value const& object);

}  // namespace tidegate::rtmp
