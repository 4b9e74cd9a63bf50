// Reads bits, most significant first, and exp-Golomb codes (ITU-T H.264 §9.1). Like
// base::ByteReader the first read past the end fails the reader for good and yields 0, so that a
// parser checks once. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace tidegate::media {

class BitReader {
public:
    explicit BitReader(base::ByteView bytes) : bytes_(bytes) {}

    std::uint32_t bits(unsigned count);  // REQUIRES: count <= 32
    bool flag() { return bits(1) != 0; }
    void skip(std::size_t count);
    std::uint32_t ue();  // codes of more than 32 leading zeros fail the reader
    std::int32_t se();

    void fail() { failed_ = true; }
    bool failed() const { return failed_; }
    std::size_t position() const { return position_; }  // in bits
    std::size_t remaining() const { return bytes_.size() * 8 - position_; }

private:
    base::ByteView bytes_;
    std::size_t position_ = 0;
    bool failed_ = false;
};

// The unit's bytes without the emulation prevention bytes (00 00 03), its header included.
base::Bytes remove_emulation_prevention(base::ByteView nalu);

}  // namespace tidegate::media
