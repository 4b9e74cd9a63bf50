// Writes the bodies of RTMP audio and video messages (FLV tags): sequence headers, and what stands
// in front of a unit's payload. The payload itself is not copied: it is sent from where it lies.
// Pure functions; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "flv/codec_name.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::flv {

// legacy: codec ids as in the FLV specification, and the unofficial 12 for H.265. enhanced: codecs
// that FLV does not have are named by a fourCC, for clients that announced these; H.264, AAC, MP3
// and G.711 keep the legacy form, which every client reads.
enum class Form : std::uint8_t { legacy, enhanced };

// Whether a track that stands alone in its kind can be written in this form. G.711 must have one or
// two channels at 8 kHz.
bool can_write(media::Track const& track, Form form);

// The ids of a stream's tracks in Enhanced RTMP, by the index of the track. Id 0 is the track of
// its kind that clients get who do not know several: the first one that can be written in legacy
// form, otherwise the first. nullopt: the track cannot be written beside the others, because it has
// no fourCC.
std::vector<std::optional<std::uint8_t>> track_ids(media::Tracks const& tracks);

// The body of a track's sequence header. Empty for MP3 and G.711, which have none, when what a
// decoder must know is missing, and when the form cannot carry the codec. H.264 without an SPS or
// without a PPS gets media::default_h264_config(). track_id: with another one than 0 it is a
// multitrack message, which has the enhanced form.
base::Bytes write_sequence_header(media::Track const& track, Form form = Form::legacy,
                                  std::uint8_t track_id = 0);

// The longest frame header: of a multitrack message with a composition time.
inline constexpr std::size_t kMaxFrameHeaderSize = 10;

struct FrameHeader {
    std::array<std::uint8_t, kMaxFrameHeaderSize> bytes{};
    std::uint8_t size = 0;
    base::ByteView view() const { return {bytes.data(), size}; }
};

// The bytes that stand in front of unit.payload. In front of AV1 they end with the temporal
// delimiter that FFmpeg demands. The composition time is limited to what 24 bits with a sign can
// express. REQUIRES: the track can be written with this form and id.
FrameHeader write_frame_header(media::Track const& track, media::Unit const& unit,
                               Form form = Form::legacy, std::uint8_t track_id = 0);

}  // namespace tidegate::flv
