#include "ts/pes.hpp"

namespace tidegate::ts {

namespace {

constexpr std::size_t kFlagsSize = 3;
constexpr std::size_t kTimeSize = 5;
constexpr std::size_t kMaxSize = 0xffff;
constexpr unsigned kPtsOnly = 2;
constexpr unsigned kPtsAndDts = 3;
constexpr unsigned kDts = 1;

}  // namespace

PesHeader::PesHeader(std::uint8_t stream_id, std::uint64_t pts, std::uint64_t dts,
                     std::size_t size) {
    auto const times = pts == dts ? kPtsOnly : kPtsAndDts;
    auto const times_size = kTimeSize * (pts == dts ? 1 : 2);
    auto const total = kFlagsSize + times_size + size;
    auto const said = total <= kMaxSize ? total : 0;
    for (auto const byte : {0U, 0U, 1U, unsigned{stream_id}}) u8(byte);
    u8(said >> 8);
    u8(said & 0xff);
    u8(0x80U);
    u8(times << 6);
    u8(times_size);
    time(times, pts);
    if (pts != dts) time(kDts, dts);
}

// Writes 33 bits in three parts. A bit that is 1 follows each part.
void PesHeader::time(unsigned prefix, std::uint64_t value) {
    u8(prefix << 4 | (value >> 30 & 7U) << 1 | 1U);
    u8(value >> 22 & 0xffU);
    u8((value >> 15 & 0x7fU) << 1 | 1U);
    u8(value >> 7 & 0xffU);
    u8((value & 0x7fU) << 1 | 1U);
}

}  // namespace tidegate::ts
