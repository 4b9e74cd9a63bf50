// VP9: the header of a frame (VP9 Bitstream & Decoding Process Specification §6.2) and the decoder
// configuration record vpcC (VP Codec ISO Media File Format Binding). Pure functions; any thread.
#pragma once

#include <expected>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// Whether the first frame of a unit is a key frame.
bool is_vp9_keyframe(base::ByteView unit);

// What a key frame says of its track; its level is not known. An error when the unit does not begin
// with a key frame.
std::expected<Vp9Config, Error> parse_vp9_keyframe(base::ByteView unit);

// Reads a record with its version and its flags, which encoders write in FLV as well as in MP4. It
// does not tell the size of the pictures.
std::expected<Vp9Config, Error> parse_vp9_config(base::ByteView record);
base::Bytes write_vp9_config(Vp9Config const& config);

// Updates a configuration from that of a key frame or of a later record; what it does not say
// stays. Returns whether anything has changed.
bool merge_vp9_config(Vp9Config& own, Vp9Config const& fresh);

// Ten times the level: that of the publisher, otherwise the lowest one for pictures of this size at
// 30 frames per second.
std::uint8_t vp9_level(Vp9Config const& config);

}  // namespace tidegate::media
