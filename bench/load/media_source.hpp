// What one publisher sends: H.264 access units (an SEI message with the time code, then one slice)
// and AAC units that begin with it. Sizes are constant but for the keyframes, so that every run and
// every server carries the same bytes. One thread.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "load/clock.hpp"
#include "media/track.hpp"

namespace tidegate::bench {

struct MediaSettings {
    double fps = 30;
    double video_kbps = 2500;
    double audio_rate = 44100.0 / 1024;  // units per second; 0: no audio
    double audio_kbps = 128;
    unsigned keyframe_every = 60;  // frames
};

class MediaSource {
public:
    explicit MediaSource(MediaSettings const& settings);

    // H.264 Baseline (no reordering) and AAC-LC, without audio only the first.
    media::Tracks const& tracks() const { return tracks_; }

    struct Made {
        bool video = false;
        bool keyframe = false;
        std::int64_t timestamp_ms = 0;
        base::ByteView payload;  // AVCC or a raw AAC unit; valid until the next call
    };
    Made next_video(Nanoseconds sent);
    Made next_audio(Nanoseconds sent);

    // From the stream's start to the next unit of each kind.
    Nanoseconds next_video_at() const;
    Nanoseconds next_audio_at() const;
    bool has_audio() const { return settings_.audio_rate > 0; }

private:
    MediaSettings settings_;
    media::Tracks tracks_;
    base::Bytes keyframe_, frame_, audio_;
    std::uint64_t frames_ = 0;
    std::uint64_t audio_units_ = 0;
};

}  // namespace tidegate::bench
