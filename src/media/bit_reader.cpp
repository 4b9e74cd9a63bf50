#include "media/bit_reader.hpp"

namespace tidegate::media {

std::uint32_t BitReader::bits(unsigned count) {
    if (failed_ || count > remaining()) {
        failed_ = true;
        return 0;
    }
    std::uint64_t value = 0;
    while (count > 0) {
        auto const in_byte = static_cast<unsigned>(position_ % 8);
        auto const taken = count < 8 - in_byte ? count : 8 - in_byte;
        auto const shifted = static_cast<unsigned>(bytes_[position_ / 8]) >> (8 - in_byte - taken);
        value = value << taken | (shifted & ((1U << taken) - 1));
        position_ += taken;
        count -= taken;
    }
    return static_cast<std::uint32_t>(value);
}

void BitReader::skip(std::size_t count) {
    if (failed_ || count > remaining()) {
        failed_ = true;
        return;
    }
    position_ += count;
}

std::uint32_t BitReader::ue() {
    unsigned zeros = 0;
    while (!failed_ && !flag()) {
        if (++zeros > 32) failed_ = true;
    }
    if (failed_ || zeros == 0) return 0;
    auto const tail = bits(zeros);
    // With 32 leading zeros only one code is legal: 2^32 - 1, whose other bits are 0.
    if (zeros == 32 && tail != 0) failed_ = true;
    auto const value = (std::uint64_t{1} << zeros) - 1 + tail;
    return failed_ ? 0 : static_cast<std::uint32_t>(value);
}

std::int32_t BitReader::se() {
    auto const code = ue();
    auto const magnitude = static_cast<std::int32_t>(code / 2 + (code & 1U));
    return (code & 1U) != 0 ? magnitude : -magnitude;
}

base::Bytes remove_emulation_prevention(base::ByteView nalu) {
    base::Bytes out;
    out.reserve(nalu.size());
    int zeros = 0;
    for (auto const byte : nalu) {
        if (zeros >= 2 && byte == 3) {
            zeros = 0;
            continue;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        out.push_back(byte);
    }
    return out;
}

}  // namespace tidegate::media
