// The body of an RTMP audio or video message, which is the body of an FLV tag (Adobe FLV 10.1
// §E.4.2, E.4.3; Enhanced RTMP v2 with its several tracks), taken apart. Nothing is copied: a
// frame's payload is a slice of the body. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <variant>
#include <vector>

#include "base/shared_bytes.hpp"
#include "media/avcc.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::flv {

using media::Error;

// The track's decoder configuration: it starts a track, or replaces its configuration from here on.
// A video track's parameter sets may be missing: they come in-band then.
struct SequenceHeader {
    media::Track track;
    std::uint8_t track_id = 0;  // Enhanced RTMP's; 0 where a message has one track
    // Bytes of the length before each NAL unit in the frames to come: parse_video() wants to know.
    std::uint8_t length_size = media::kAvccLengthSize;
};

// One access unit, checked against media's limits; its payload is as media::Unit wants it, but may
// hold NAL units of length zero, which every media:: walk skips.
struct Frame {
    media::Codec codec{};
    bool keyframe = false;  // from the NAL units, not from the sender's flag; true for audio
    std::chrono::milliseconds composition_time{};  // pts - dts; signed 24 bits on the wire
    base::SharedBytes payload;
    std::uint8_t track_id = 0;
    bool parameter_sets = false;  // the payload brings some along: media::learn_parameter_sets()
};

// Media of a codec that is not carried here, or its sequence header.
struct Unsupported {
    std::uint32_t codec = 0;  // for codec_name()
    std::uint8_t track_id = 0;
};

// The sender says that a track's coded frames have ended.
struct EndOfSequence {};

// A message without media: info frames, metadata, a sequence header or an access unit of nothing, a
// body of one or two bytes. Encoders send all of these.
struct Nothing {};

struct Multitrack;
using Tag = std::variant<Nothing, SequenceHeader, Frame, EndOfSequence, Unsupported, Multitrack>;

// One message with several tracks of a kind; none of them is itself a Multitrack.
struct Multitrack {
    std::vector<Tag> tracks;
};

// A body of up to this size holds no media in any form and is skipped; a longer one must be whole.
inline constexpr std::size_t kMaxEmptyBody = 2;

// H.264 (7), H.265 (12); enhanced avc1 and hvc1. length_size: of the last sequence header. Frames
// with shorter lengths or start codes (annex B) are converted, headers in annex B are read.
std::expected<Tag, Error> parse_video(base::SharedBytes const& body,
                                      unsigned length_size = media::kAvccLengthSize);

// The video messages of one publisher: remembers what their last sequence header said of lengths.
class VideoTags {
public:
    std::expected<Tag, Error> parse(base::SharedBytes const& body);

private:
    void note(Tag const& tag);

    unsigned length_size_ = media::kAvccLengthSize;
};

// AAC (10), MP3 (2, 14); enhanced mp4a, Opus and .mp3.
std::expected<Tag, Error> parse_audio(base::SharedBytes const& body);

}  // namespace tidegate::flv
