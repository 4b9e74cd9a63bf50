// Media as bodies of RTMP audio and video messages: what stands before a unit's payload, and the
// sequence headers. The payload itself is never copied. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "flv/four_cc.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::flv {

// legacy: codec ids of the FLV specification (H.265 as the unofficial 12). enhanced: H.265 and Opus
// by fourCC, for clients that announced them; H.264, AAC and MP3 stay in the old form, which every
// client reads.
enum class Form : std::uint8_t { legacy, enhanced };

// Whether the form can carry the codec: Opus needs the enhanced one.
bool can_write(media::Codec codec, Form form);

// A whole message body. Empty for MP3, which has no configuration, and where the form cannot carry
// the codec. H.264 without parameter sets gets media::default_h264_config().
base::Bytes write_sequence_header(media::Track const& track, Form form = Form::legacy);

// The longest prefix: enhanced H.265 with a composition time.
inline constexpr std::size_t kMaxFrameHeaderSize = 8;

struct FrameHeader {
    std::array<std::uint8_t, kMaxFrameHeaderSize> bytes{};
    std::uint8_t size = 0;
    base::ByteView view() const { return {bytes.data(), size}; }
};

// The bytes that stand before unit.payload: 5 for H.264 and H.265 (8 enhanced), 2 for AAC, 1 for
// MP3, 5 for Opus. The composition time is cut to its signed 24 bits. REQUIRES: can_write(codec,
// form).
FrameHeader write_frame_header(media::Track const& track, media::Unit const& unit,
                               Form form = Form::legacy);

}  // namespace tidegate::flv
