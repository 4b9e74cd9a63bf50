#include "base/random.hpp"

#include <sys/random.h>

#include <cstdlib>

namespace tidegate::base {

namespace {

void append_hex(std::string& text, std::uint64_t bits) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[bits >> shift & 0xf];
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
    std::string text;
    text.reserve(36);
    append_hex(text, (high & ~0xf000ULL) | 0x4000ULL);             // version 4
    append_hex(text, (low & ~(0xc0ULL << 56)) | (0x80ULL << 56));  // variant of RFC 9562
    for (auto const dash : {20U, 16U, 12U, 8U}) text.insert(dash, 1, '-');
    return text;
}

std::string random_hex_id() {
    std::string text;
    text.reserve(32);
    append_hex(text, random_bits());
    append_hex(text, random_bits());
    return text;
}

}  // namespace tidegate::base
