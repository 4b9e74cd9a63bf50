#include "base/bytes.hpp"

namespace tidegate::base {

ByteView ByteReader::take(std::size_t count) {
    if (failed_ || count > remaining()) {
        failed_ = true;
        return {};
    }
    auto const taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
}

std::uint64_t ByteReader::big_endian(std::size_t count) {
    std::uint64_t value = 0;
    for (auto const byte : take(count)) value = value << 8 | byte;
    return value;
}

std::uint32_t ByteReader::u32_little_endian() {
    std::uint32_t value = 0;
    int shift = 0;
    for (auto const byte : take(4)) {
        value |= std::uint32_t{byte} << shift;
        shift += 8;
    }
    return value;
}

void ByteWriter::u32_little_endian(std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) {
        out_.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

}  // namespace tidegate::base
