// An access unit of H.264 or H.265 as a sequence of NAL units, in two forms:
//   AVCC     each unit behind its length, 4 bytes big-endian (ISO/IEC 14496-15 §5.3.4.2). In this
//            form units travel through the router and the worker.
//   annex B  each unit behind a start code, 00 00 01 (annex B of both ITU-T standards). Some
//            publishers send it where AVCC is due.
// Pure functions, and readers that return views into the caller's bytes; any thread.
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

// Walks the NAL units of an AVCC payload in order:
//   for (AvccReader units(payload); auto nalu = units.next();) ...
// Units of length zero are skipped. The walk ends at the payload's end or at the first error.
class AvccReader {
public:
    explicit AvccReader(base::ByteView payload);

    std::optional<base::ByteView> next();
    // Once next() has returned nothing: nullopt when the whole payload was read; otherwise why the
    // walk ended early: a length that does not fit, or a limit of limits.hpp that was passed.
    std::optional<Error> error() const;
    // Whether error() would return one. Costs no allocation.
    bool failed() const { return failure_ != Failure::none; }

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
    std::size_t nalus = 0;        // how many, without those of length zero
    bool keyframe = false;        // it has a slice at which decoding can start
    bool slice = false;           // it has a slice of any kind; without one it holds no picture
    bool parameter_sets = false;  // it has at least one VPS, SPS or PPS
};

// The error says why the payload is malformed or too large. REQUIRES: codec is h264 or h265.
std::expected<AvccSummary, Error> inspect_avcc(Codec codec, base::ByteView payload);

// Whether decoding can start at this unit. Always true for audio; false for a malformed video
// payload.
bool contains_keyframe(Codec codec, base::ByteView payload);

// Appends one NAL unit behind its length. REQUIRES: nalu.size() < 2^32.
void append_avcc(base::Bytes& out, base::ByteView nalu);

// The position of the next start code (00 00 01), from `from` on; the size of `bytes` when there is
// none. A NAL unit never contains one, because emulation prevention bytes keep it out; so a start
// code always ends the unit before it.
std::size_t find_start_code(base::ByteView bytes, std::size_t from = 0);

// Walks the NAL units of an annex B stream in order:
//   for (AnnexBReader units(bytes); auto nalu = units.next();) ...
// Bytes before the first start code count as a unit. Empty units, and the zero bytes that may
// follow a unit, are skipped.
class AnnexBReader {
public:
    explicit AnnexBReader(base::ByteView bytes) : rest_(bytes) {}

    std::optional<base::ByteView> next();

private:
    base::ByteView rest_;
};

// Converts annex B to AVCC. An error when there is no start code at all, or when the result would
// pass a limit of limits.hpp.
std::expected<base::Bytes, Error> annex_b_to_avcc(base::ByteView stream);

}  // namespace tidegate::media
