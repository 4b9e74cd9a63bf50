// Reads AMF0 values one after the other from a message body. Memory follows the bytes that are
// there, never a declared count. One thread; the view must outlive the reader.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "base/bytes.hpp"
#include "rtmp/core/amf0.hpp"

namespace tidegate::rtmp::amf0 {

// Objects inside objects: onMetaData nests three deep; recursion must stay far from the stack's
// end.
inline constexpr int kMaxDepth = 32;
// Values in one message: a value may cost one byte on the wire and 60 in memory.
inline constexpr std::size_t kMaxElements = 4096;

class Reader {
public:
    explicit Reader(base::ByteView bytes) : in_(bytes) {}

    bool done() const { return in_.remaining() == 0; }
    // The error is a sentence, e.g. "unsupported marker 0x07". After an error the reader must not
    // be used.
    std::expected<Value, std::string> next() { return read_value(0); }

private:
    using Read = std::expected<Value, std::string>;
    Read read_value(int depth);
    Read read_compound(std::uint8_t marker, int depth);
    Read read_object(int depth);
    Read read_ecma_array(int depth);
    Read read_strict_array(int depth);
    Read read_string(std::size_t size);
    // Members up to the end marker.
    std::expected<void, std::string> read_members(Object& object, bool end_may_miss, int depth);

    base::ByteReader in_;
    std::size_t elements_ = 0;
};

}  // namespace tidegate::rtmp::amf0
