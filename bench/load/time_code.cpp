#include "load/time_code.hpp"

#include <string.h>

#include <array>

namespace tidegate::bench {

namespace {

// Random once; also the UUID of the SEI message (user_data_unregistered).
constexpr std::array<std::uint8_t, 16> kMark = {0xb7, 0x5d, 0x91, 0xc4, 0x6e, 0x2a, 0x4f, 0x83,
                                                0xa9, 0xd1, 0x37, 0xee, 0x58, 0xcb, 0x14, 0xf2};
constexpr std::uint8_t kVideo = 0xd6;
constexpr std::uint8_t kAudio = 0xc1;
constexpr unsigned kDigits = 10;  // of seven bits each

}  // namespace

void write_time_code(std::uint8_t* at, TimeCode code) {
    memcpy(at, kMark.data(), kMark.size());
    at += kMark.size();
    *at++ = code.video ? kVideo : kAudio;
    auto const time = static_cast<std::uint64_t>(code.sent);
    for (unsigned i = 0; i < kDigits; ++i) {
        *at++ = static_cast<std::uint8_t>(0x80U | (time >> (7 * i) & 0x7fU));
    }
}

std::optional<TimeCode> find_time_code(base::ByteView bytes) {
    auto const* const found = static_cast<std::uint8_t const*>(
        memmem(bytes.data(), bytes.size(), kMark.data(), kMark.size()));
    if (found == nullptr) return std::nullopt;
    auto const rest = bytes.subspan(static_cast<std::size_t>(found - bytes.data()));
    if (rest.size() < kTimeCodeSize) return std::nullopt;
    std::uint64_t time = 0;
    for (unsigned i = 0; i < kDigits; ++i) {
        time |= std::uint64_t{rest[kMark.size() + 1 + i] & 0x7fU} << (7 * i);
    }
    return TimeCode{rest[kMark.size()] == kVideo, static_cast<Nanoseconds>(time)};
}

}  // namespace tidegate::bench
