// The boxes that an MP4 file is made of (ISO/IEC 14496-12 §4.2): a size, four letters, a payload.
// Pure functions; any thread. The bytes belong to the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace tidegate::mp4 {

// Four letters as a big-endian number, so that a switch can tell them apart.
using BoxType = std::uint32_t;

constexpr BoxType operator""_box(char const* letters, std::size_t count) {
    BoxType type = 0;
    for (std::size_t i = 0; i < count; ++i) {
        type = type << 8 | static_cast<unsigned char>(letters[i]);
    }
    return type;
}

// The largest size, offset or duration that fits 32 bits. For larger ones the boxes have forms with
// 64 bits.
inline constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();

// The name of a type for messages. A byte that is not a printable letter becomes '?'.
std::string box_name(BoxType type);

// Bytes of a header: 32 bits of size and the four letters.
inline constexpr std::size_t kBoxHeaderSize = 8;
// Bytes of the long form: its 32 bits say 1, and the size follows the letters in 64 bits.
inline constexpr std::size_t kLargeBoxHeaderSize = 16;

struct BoxHeader {
    BoxType type = 0;
    std::size_t header_size = 0;
    std::uint64_t size = 0;  // includes the header; 0: to the end of the file
};

// The header at the start of `bytes`. nullopt when it is cut off, and when the size that it tells
// is smaller than the header.
std::optional<BoxHeader> read_box_header(base::ByteView bytes);

struct Box {
    BoxType type = 0;
    base::ByteView payload;  // a view into the caller's bytes
};

// Walks the boxes in `bytes` in order. A box that is larger than what is left ends the walk, and
// failed() is true then.
//   for (BoxReader boxes(payload); auto box = boxes.next();) ...
class BoxReader {
public:
    explicit BoxReader(base::ByteView bytes) : rest_(bytes) {}

    std::optional<Box> next();
    bool failed() const { return failed_; }

private:
    base::ByteView rest_;
    bool failed_ = false;
};

// The payload of the first box of a type; empty when there is none.
base::ByteView find_box(base::ByteView boxes, BoxType type);

// The version and the flags at the start of a full box (§4.2.2).
struct FullBox {
    std::uint8_t version = 0;
    std::uint32_t flags = 0;
};
FullBox read_full_box(base::ByteReader& reader);
// Reads a field that has 32 bits in version 0 and 64 bits in version 1.
std::uint64_t read_versioned(base::ByteReader& reader, FullBox box);

}  // namespace tidegate::mp4
