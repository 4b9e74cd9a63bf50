// Access units as NAL units behind 4-byte big-endian lengths (ISO/IEC 14496-15 §5.3.4.2): the form
// in which H.264 and H.265 travel here. Views into the caller's bytes; any thread.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>

#include "base/bytes.hpp"
#include "media/error.hpp"
#include "media/limits.hpp"
#include "media/nal.hpp"
#include "media/track.hpp"

namespace tidegate::media {

inline constexpr std::size_t kAvccLengthSize = 4;

// Walks the NAL units in order, skipping those of length zero, and stops for good at the first
// error.
//   for (AvccReader units(payload); auto nalu = units.next();) ...
class AvccReader {
public:
    explicit AvccReader(base::ByteView payload);

    std::optional<base::ByteView> next();
    // After next() has returned nothing: why, if the payload was not at its end.
    std::optional<Error> error() const;

private:
    enum class Failure : std::uint8_t { none, invalid_length, too_big, too_many };

    std::optional<base::ByteView> stop(Failure failure);

    base::ByteView rest_;
    std::size_t total_ = 0;
    std::size_t count_ = 0;
    Failure failure_ = Failure::none;
};

// What one walk over an access unit finds out.
struct AvccSummary {
    std::size_t nalus = 0;  // 0: nothing but empty units
    bool keyframe = false;
    bool slice = false;  // any coded slice: without one there is no picture
    bool parameter_sets = false;
};

// REQUIRES: codec is h264 or h265.
std::expected<AvccSummary, Error> inspect_avcc(Codec codec, base::ByteView payload);

// Whether a valid payload has an IDR (H.265: IRAP) slice. Audio always is a "keyframe"; a malformed
// video payload never.
bool contains_keyframe(Codec codec, base::ByteView payload);

// Appends one NAL unit behind its length. REQUIRES: nalu.size() < 2^32.
void append_avcc(base::Bytes& out, base::ByteView nalu);

// From start codes (ITU-T H.264 annex B, 3 or 4 bytes) to lengths, under the same limits. Trailing
// zero bytes are not part of a unit. Bytes without any start code are an error.
std::expected<base::Bytes, Error> annex_b_to_avcc(base::ByteView stream);

}  // namespace tidegate::media
