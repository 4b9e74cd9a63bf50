// Bits of a header or parameter set, most significant first. Reads past the end give 0 and set
// failed().
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace tidegate::rtp {

class BitReader {
public:
    explicit BitReader(base::ByteView bytes) : bytes_(bytes) {}

    // REQUIRES: count <= 32.
    std::uint32_t bits(std::size_t count) {
        std::uint32_t value = 0;
        for (; count > 0; --count) value = value << 1 | (bit() ? 1U : 0U);
        return value;
    }
    bool bit() {
        if (position_ >= bytes_.size() * 8) {
            failed_ = true;
            return false;
        }
        auto const set = (bytes_[position_ / 8] >> (7 - position_ % 8) & 1) != 0;
        ++position_;
        return set;
    }
    void skip(std::size_t count) {
        if (count > bytes_.size() * 8 - position_)
            failed_ = true;
        else
            position_ += count;
    }
    // Exponential Golomb, H.264 §9.1; more than 31 leading zeros fail.
    std::uint32_t ue() {
        std::size_t zeros = 0;
        while (!bit()) {
            if (failed_ || ++zeros > 31) {
                failed_ = true;
                return 0;
            }
        }
        return static_cast<std::uint32_t>((1ULL << zeros) - 1 + bits(zeros));
    }
    void skip_ue(int count) {
        for (; count > 0 && !failed_; --count) ue();
    }

    std::size_t position() const { return position_; }
    bool failed() const { return failed_; }

private:
    base::ByteView bytes_;
    std::size_t position_ = 0;
    bool failed_ = false;
};

}  // namespace tidegate::rtp
