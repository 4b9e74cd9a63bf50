// A piece of sound as one string of bytes, for a service that knows nothing of access units: AAC in
// ADTS frames, or 16-bit samples. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "media/pcm.hpp"
#include "media/track.hpp"

namespace tidegate::codec {

// The longest sound that is decoded: ten times the longest fragment. A service must not fill our
// memory with silence, of which minutes fit into a kilobyte.
inline constexpr std::chrono::seconds kMaxPiece{60};

// AAC-LC in ADTS frames. A decoder gives kAacPriming frames of silence first, and up to kAacFrames
// at the end. The error is a sentence. REQUIRES: encodable(pcm.format) == pcm.format.
std::expected<base::Bytes, std::string> to_adts(media::Pcm const& pcm);

// Access units that are there already, with a header before each. The error is a sentence: ADTS
// cannot express the configuration, or a unit is too long for it.
std::expected<base::Bytes, std::string> adts_frames(media::AacConfig const& config,
                                                    std::span<base::ByteView const> units);

// The error is a sentence: "no AAC in ADTS frames". Units that are damaged are left out. The sound
// of the first unit is cut off: with it encoders begin before there is any (kAacPriming).
std::expected<media::Pcm, std::string> from_adts(base::ByteView bytes);

// Interleaved, little endian.
base::Bytes to_s16le(media::Pcm const& pcm);
std::expected<media::Pcm, std::string> from_s16le(base::ByteView bytes, media::AudioFormat format);

}  // namespace tidegate::codec
