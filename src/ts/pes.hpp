// The header of a PES packet (ISO/IEC 13818-1 §2.4.3.6). A value; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace tidegate::ts {

// Table 2-22.
inline constexpr std::uint8_t kPrivateStreamId = 0xbd;
inline constexpr std::uint8_t kAudioStreamId = 0xc0;
inline constexpr std::uint8_t kVideoStreamId = 0xe0;

// What may follow the header of an audio packet, whose 16 bits of size must say it; the header may
// have 13 bytes behind that.
inline constexpr std::size_t kMaxAudioPes = 0xffff - 13;

class PesHeader {
public:
    // Times in 90000ths, of 33 bits. size: of what follows the header; the largest ones go unsaid,
    // which only video may do.
    PesHeader(std::uint8_t stream_id, std::uint64_t pts, std::uint64_t dts, std::size_t size);

    base::ByteView view() const { return {bytes_.data(), size_}; }

private:
    void u8(std::uint64_t value) { bytes_[size_++] = static_cast<std::uint8_t>(value); }
    void time(unsigned prefix, std::uint64_t value);

    std::array<std::uint8_t, 19> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace tidegate::ts
