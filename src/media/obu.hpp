// The open bitstream units (OBUs) of AV1 (AV1 Bitstream & Decoding Process Specification §5.3).
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace tidegate::media {

enum class ObuType : std::uint8_t {
    sequence_header = 1,
    temporal_delimiter = 2,
    frame_header = 3,
    tile_group = 4,
    metadata = 5,
    frame = 6,
    redundant_frame_header = 7,
    tile_list = 8,
    padding = 15,
};

// One OBU; all views are into the caller's bytes.
struct Obu {
    ObuType type{};
    base::ByteView whole;
    base::ByteView header;   // one or two bytes
    base::ByteView payload;  // behind the header and the size
    bool has_size() const { return (header[0] & 2) != 0; }
};

// The bit of an OBU's first byte that says that a size follows the header.
inline constexpr std::uint8_t kObuHasSize = 2;

// The OBU at the start of `bytes`; one without a size takes all of them. nullopt when it is cut
// off.
std::optional<Obu> read_obu(base::ByteView bytes);

// Reads the OBUs of a temporal unit one after the other.
class ObuReader {
public:
    explicit ObuReader(base::ByteView bytes) : rest_(bytes) {}
    // nullopt at the end, and where an OBU is cut off: then failed() is true.
    std::optional<Obu> next();
    bool failed() const { return failed_; }

private:
    base::ByteView rest_;
    bool failed_ = false;
};

// Whether an OBU is carried. Temporal delimiters are not, because every container separates its
// units; a tile list belongs to large-scale tiles, and padding has no content.
inline bool is_carried(ObuType type) {
    return type != ObuType::temporal_delimiter && type != ObuType::tile_list &&
           type != ObuType::padding;
}

// leb128 (§4.10.5). The reader fails on more than eight bytes and on values above 2^32 - 1.
std::optional<std::uint32_t> read_leb128(base::ByteReader& reader);
// How many bytes write_leb128() appends.
constexpr std::size_t leb128_size(std::size_t value) {
    std::size_t size = 1;
    for (; value >= 0x80; value >>= 7) ++size;
    return size;
}
template <class Out>
void write_leb128(Out& out, std::size_t value) {
    for (; value >= 0x80; value >>= 7) out.u8(static_cast<std::uint8_t>(value | 0x80));
    out.u8(static_cast<std::uint8_t>(value));
}

// Appends an OBU with its size.
void append_obu(base::Bytes& out, Obu const& obu);

}  // namespace tidegate::media
