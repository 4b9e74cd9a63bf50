#include "base/random.hpp"

#include <sys/random.h>

#include <cstdlib>

namespace tidegate::base {

namespace {

void append_hex(std::string& text, std::uint64_t bits) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[bits >> shift & 0xf];
}

struct Halves {
    std::uint64_t high;
    std::uint64_t low;
};

// RFC 9562 §5.4
Halves with_version(Halves random) {
    return {(random.high & ~0xf000ULL) | 0x4000ULL,              // version 4
            (random.low & ~(0xc0ULL << 56)) | (0x80ULL << 56)};  // variant
}

}  // namespace

std::uint64_t random_bits() {
    std::uint64_t bits = 0;
    // A request for up to 256 bytes is never answered in part (getrandom(2)).
    if (getrandom(&bits, sizeof bits, 0) != sizeof bits) std::abort();
    return bits;
}

std::string random_uuid() {
    return uuid_from(random_bits(), random_bits());
}

std::string uuid_from(std::uint64_t high, std::uint64_t low) {
    auto const uuid = with_version({high, low});
    std::string text;
    text.reserve(36);
    append_hex(text, uuid.high);
    append_hex(text, uuid.low);
    for (auto const dash : {20U, 16U, 12U, 8U}) text.insert(dash, 1, '-');
    return text;
}

std::array<std::uint8_t, 16> random_uuid_bytes() {
    auto const uuid = with_version({random_bits(), random_bits()});
    std::array<std::uint8_t, 16> bytes;
    for (std::size_t i = 0; i < 8; ++i) {
        auto const shift = 56 - 8 * i;  // the first byte is the highest
        bytes[i] = static_cast<std::uint8_t>(uuid.high >> shift);
        bytes[i + 8] = static_cast<std::uint8_t>(uuid.low >> shift);
    }
    return bytes;
}

std::string random_hex_id() {
    std::string text;
    text.reserve(32);
    append_hex(text, random_bits());
    append_hex(text, random_bits());
    return text;
}

}  // namespace tidegate::base
