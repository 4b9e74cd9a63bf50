// Reads single bits and exp-Golomb codes (ITU-T H.264 §9.1), the most significant bit first. Any
// thread; the bytes belong to the caller.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace tidegate::media {

// A read past the end fails, and the reader stays failed: this read and all later ones return 0. A
// parser therefore checks failed() once, after its last read (as with base::ByteReader).
class BitReader {
public:
    explicit BitReader(base::ByteView bytes) : bytes_(bytes) {}

    std::uint32_t bits(unsigned count);  // REQUIRES: count <= 32
    bool flag() { return bits(1) != 0; }
    void skip(std::size_t count);
    std::uint32_t ue();  // ue(v); a code with more than 32 leading zeros fails the reader
    std::int32_t se();   // se(v)

    // For a value that the syntax does not allow: makes the reader fail as at the end.
    void fail() { failed_ = true; }
    bool failed() const { return failed_; }
    std::size_t position() const { return position_; }  // in bits from the start
    std::size_t remaining() const { return bytes_.size() * 8 - position_; }  // in bits

private:
    base::ByteView bytes_;
    std::size_t position_ = 0;
    bool failed_ = false;
};

// A copy of the NAL unit, its header included, without the emulation prevention bytes: each 03 that
// follows two zeros (ITU-T H.264 §7.4.1).
base::Bytes remove_emulation_prevention(base::ByteView nalu);

}  // namespace tidegate::media
