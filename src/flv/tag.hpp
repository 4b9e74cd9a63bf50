// Reads the body of an RTMP audio or video message, which is the body of an FLV tag (Adobe FLV 10.1
// §E.4.2, §E.4.3), in the old form or that of Enhanced RTMP v2, with one track or several. A
// frame's payload shares the memory of the body, unless it has to be converted. Pure functions; any
// thread.
#pragma once

#include <array>
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

// A sequence header: the decoder configuration of a track. The first one starts the track; a later
// one replaces its configuration. What is missing from it comes in-band: parameter sets, or for
// AC-3, E-AC-3 and MP3 everything.
struct SequenceHeader {
    media::Track track;
    std::uint8_t track_id = 0;  // in Enhanced RTMP; 0 where a message has one track
    // How many bytes the length in front of each NAL unit has in the frames that follow:
    // parse_video() must be told.
    std::uint8_t length_size = media::kAvccLengthSize;
};

// How many bytes the length in front of each NAL unit has, by the track's id. Ids that no encoder
// uses have the usual length.
class LengthSizes {
public:
    LengthSizes() : LengthSizes(media::kAvccLengthSize) {}
    explicit LengthSizes(unsigned all) { sizes_.fill(static_cast<std::uint8_t>(all)); }
    unsigned of(std::uint8_t track_id) const {
        return track_id < sizes_.size() ? sizes_[track_id] : media::kAvccLengthSize;
    }
    void set(std::uint8_t track_id, std::uint8_t size) {
        if (track_id < sizes_.size()) sizes_[track_id] = size;
    }

private:
    std::array<std::uint8_t, media::kMaxTracks> sizes_{};
};

// One access unit within the limits of media/limits.hpp. Its payload has the form of media::Unit;
// it may contain NAL units of length zero, which every reader in media/ skips.
struct Frame {
    media::Codec codec{};
    // Decoding can start here, by the payload and not by the sender's flag; true for audio.
    bool keyframe = false;
    std::chrono::milliseconds composition_time{};  // pts - dts; it may be negative
    base::SharedBytes payload;
    std::uint8_t track_id = 0;
    // The payload says something of its track: pass it to media::learn_configuration().
    bool configuration = false;
    std::uint8_t channel_count = 0;  // of G.711
};

// Media, or a sequence header, of a codec that we do not carry.
struct Unsupported {
    std::uint32_t codec = 0;  // codec_name() turns it into words
    std::uint8_t track_id = 0;
};

// The sender says that a track has ended.
struct EndOfSequence {};

// A message without media: an info frame, metadata, an empty sequence header or access unit, or a
// body of one or two bytes. Encoders send all of these, and they are ignored.
struct Nothing {};

struct Multitrack;
using Tag = std::variant<Nothing, SequenceHeader, Frame, EndOfSequence, Unsupported, Multitrack>;

// A message with several tracks of one kind. None of its parts is a Multitrack.
struct Multitrack {
    std::vector<Tag> tracks;
};

// A body of at most this many bytes cannot contain media; it is read as Nothing. A longer one that
// is cut off is an error.
inline constexpr std::size_t kMaxEmptyBody = 2;

// Reads a video message: H.264 (codec id 7, "avc1"), H.265 (12, "hvc1"), "av01" and "vp09".
// length_size: from the last sequence header. Frames with shorter lengths or with start codes are
// converted, and sequence headers with start codes are read.
std::expected<Tag, Error> parse_video(base::SharedBytes const& body,
                                      unsigned length_size = media::kAvccLengthSize);
std::expected<Tag, Error> parse_video(base::SharedBytes const& body, LengthSizes const& sizes);

// Reads the video messages of one publisher and remembers the length_size of each track's last
// sequence header. Used by one thread at a time.
class VideoTags {
public:
    std::expected<Tag, Error> parse(base::SharedBytes const& body);

private:
    void note(Tag const& tag);

    LengthSizes length_sizes_;
};

// Reads an audio message: AAC (codec id 10, "mp4a"), MP3 (2, 14, ".mp3"), G.711 (7, 8), "Opus",
// "ac-3", "ec-3" and "fLaC".
std::expected<Tag, Error> parse_audio(base::SharedBytes const& body);

}  // namespace tidegate::flv
