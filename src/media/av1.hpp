// AV1: the sequence header (AV1 Bitstream & Decoding Process Specification §5.5), the decoder
// configuration record av1C (AV1 Codec ISO Media File Format Binding §2.3), and the form in which
// units travel here: OBUs with sizes, without temporal delimiters. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"
#include "media/error.hpp"
#include "media/obu.hpp"
#include "media/track.hpp"

namespace tidegate::media {

// The largest number of OBUs in one unit; it bounds the work for one. A picture has at most 4096
// tiles, but encoders put many of them into one OBU.
inline constexpr std::size_t kMaxObus = 1024;

struct Av1Sequence {
    std::uint8_t profile = 0;  // 0 Main, 1 High, 2 Professional
    std::uint8_t level = 0;    // seq_level_idx of the first operating point; 8 is level 4.0
    std::uint8_t tier = 0;
    bool reduced_still_picture = false;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    double fps = 0;  // 0 when the header does not say
    std::uint8_t bit_depth = 8;
    bool monochrome = false;
    bool subsampling_x = true;
    bool subsampling_y = true;
    std::uint8_t chroma_sample_position = 0;
    bool color_described = false;  // the next three are in the header
    std::uint8_t color_primaries = 2;
    std::uint8_t transfer_characteristics = 2;
    std::uint8_t matrix_coefficients = 2;
    bool full_range = false;
};

// payload: of the OBU.
std::expected<Av1Sequence, Error> parse_av1_sequence(base::ByteView payload);
// nullopt when the track's header is missing or cannot be read.
std::optional<Av1Sequence> av1_sequence(Av1Config const& config);

// The sequence header is missing from the result when the record has none: it comes in-band then.
std::expected<Av1Config, Error> parse_av1_config(base::ByteView record);
// Empty when the sequence header is missing or cannot be read.
base::Bytes write_av1_config(Av1Config const& config);

struct TemporalUnit {
    base::SharedBytes payload;  // empty when nothing is left to carry
    bool keyframe = false;      // its first picture is a key frame that is shown
    bool sequence_header = false;
};

// Reads a temporal unit in the low-overhead format (§5.2). A payload that only begins with a
// temporal delimiter is not copied.
std::expected<TemporalUnit, Error> read_temporal_unit(base::SharedBytes payload);

// The sequence header in a unit's payload, the whole OBU; empty when there is none.
base::ByteView find_av1_sequence(base::ByteView payload);

// Finds out whether a temporal unit is a key frame, from its OBUs one after the other.
class Av1Keyframe {
public:
    void note(Obu const& obu);
    bool keyframe() const { return keyframe_; }
    bool sequence_header() const { return sequence_header_; }

private:
    bool decided_ = false;  // the first picture's header has come
    bool keyframe_ = false;
    bool sequence_header_ = false;
    bool still_ = false;
};

}  // namespace tidegate::media
