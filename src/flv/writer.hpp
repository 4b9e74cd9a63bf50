// Writes the bodies of RTMP audio and video messages (FLV tags): sequence headers, and what stands
// in front of a unit's payload. The payload itself is not copied: it is sent from where it lies.
// Pure functions; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "flv/codec_name.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::flv {

// legacy: codec ids as in the FLV specification, and the unofficial 12 for H.265. enhanced: H.265
// and Opus with a fourCC, for clients that announced these; H.264, AAC and MP3 keep the legacy
// form, which every client reads.
enum class Form : std::uint8_t { legacy, enhanced };

// Whether the form can carry the codec: Opus needs the enhanced form.
bool can_write(media::Codec codec, Form form);

// The body of a track's sequence header. Empty for MP3, which has none, and when the form cannot
// carry the codec. H.264 without an SPS gets media::default_h264_config().
base::Bytes write_sequence_header(media::Track const& track, Form form = Form::legacy);

// The longest frame header: H.265 in enhanced form with a composition time.
inline constexpr std::size_t kMaxFrameHeaderSize = 8;

struct FrameHeader {
    std::array<std::uint8_t, kMaxFrameHeaderSize> bytes{};
    std::uint8_t size = 0;
    base::ByteView view() const { return {bytes.data(), size}; }
};

// The bytes that stand in front of unit.payload: 5 for H.264 and H.265 (8 in enhanced form), 2 for
// AAC, 1 for MP3, 5 for Opus. The composition time is limited to what 24 bits with a sign can
// express. REQUIRES: can_write(track.codec(), form).
FrameHeader write_frame_header(media::Track const& track, media::Unit const& unit,
                               Form form = Form::legacy);

}  // namespace tidegate::flv
