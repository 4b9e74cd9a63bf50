// The boxes that an MP4 file is made of (ISO/IEC 14496-12 §4.2): a size, four letters, a payload.
// Pure; any thread; the bytes belong to the caller.
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

// The largest size, offset or duration that a field of 32 bits can tell. For larger ones there are
// forms of the boxes with 64 bits.
inline constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();

// For messages; a byte that is no printable letter becomes '?'.
std::string box_name(BoxType type);

// A size and four letters.
inline constexpr std::size_t kBoxHeaderSize = 8;
// The size is 1, and 64 bits of it stand behind the letters.
inline constexpr std::size_t kLargeBoxHeaderSize = 16;

struct BoxHeader {
    BoxType type = 0;
    std::size_t header_size = 0;
    std::uint64_t size = 0;  // with its header; 0: to the end of the file
};

// The header at the start of `bytes`; nullopt when it is cut, or its size is below its own.
std::optional<BoxHeader> read_box_header(base::ByteView bytes);

struct Box {
    BoxType type = 0;
    base::ByteView payload;  // a view into the caller's bytes
};

// Walks the boxes that lie one behind the other. A box that is larger than what is left ends the
// walk, and failed() tells it.
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

// Version and flags that a full box begins with (§4.2.2).
struct FullBox {
    std::uint8_t version = 0;
    std::uint32_t flags = 0;
};
FullBox read_full_box(base::ByteReader& reader);
// A field that version 0 has in 32 bits and version 1 in 64.
std::uint64_t read_versioned(base::ByteReader& reader, FullBox box);

}  // namespace tidegate::mp4
