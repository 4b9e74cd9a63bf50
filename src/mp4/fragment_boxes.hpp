// The flags of the boxes in a movie fragment, which say what fields a box has (ISO/IEC 14496-12
// §8.8). Internal to this folder; plain constants, any thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace tidegate::mp4 {

// Of tfhd (§8.8.7). kDefaultBaseIsMoof means that data offsets count from the moof box.
namespace tfhd {
inline constexpr std::uint32_t kBaseDataOffset = 0x1;
inline constexpr std::uint32_t kDescription = 0x2;
inline constexpr std::uint32_t kDefaultDuration = 0x8;
inline constexpr std::uint32_t kDefaultSize = 0x10;
inline constexpr std::uint32_t kDefaultFlags = 0x20;
inline constexpr std::uint32_t kDefaultBaseIsMoof = 0x20000;
}  // namespace tfhd

// Of trun (§8.8.8). The box has the first two fields once, and the others in the row of each
// sample.
namespace trun {
inline constexpr std::uint32_t kDataOffset = 0x1;
inline constexpr std::uint32_t kFirstFlags = 0x4;
inline constexpr std::uint32_t kDuration = 0x100;
inline constexpr std::uint32_t kSize = 0x200;
inline constexpr std::uint32_t kFlags = 0x400;
inline constexpr std::uint32_t kCompositionOffset = 0x800;

// How many 32-bit words the row of a sample has.
constexpr std::size_t row_words(std::uint32_t fields) {
    return static_cast<std::size_t>(
        std::popcount(fields & (kDuration | kSize | kFlags | kCompositionOffset)));
}
}  // namespace trun

// Among the flags of a sample (§8.8.3.1): decoding cannot start at it.
inline constexpr std::uint32_t kNotSync = 0x10000;

}  // namespace tidegate::mp4
