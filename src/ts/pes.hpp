// The header of a PES packet (ISO/IEC 13818-1 §2.4.3.6). A plain value; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace tidegate::ts {

// Values of stream_id (table 2-22).
inline constexpr std::uint8_t kPrivateStreamId = 0xbd;
inline constexpr std::uint8_t kAudioStreamId = 0xc0;
inline constexpr std::uint8_t kVideoStreamId = 0xe0;

// How many bytes may follow the header of an audio packet. The packet must tell its size in 16
// bits, and up to 13 bytes of the header count as well.
inline constexpr std::size_t kMaxAudioPes = 0xffff - 13;

class PesHeader {
public:
    // pts, dts: in 1/90000 s, 33 bits. size: of what follows the header. A size that does not fit
    // 16 bits is written as 0, which only video may have.
    PesHeader(std::uint8_t stream_id, std::uint64_t pts, std::uint64_t dts, std::size_t size);

    base::ByteView view() const { return {bytes_.data(), size_}; }

private:
    void u8(std::uint64_t value) { bytes_[size_++] = static_cast<std::uint8_t>(value); }
    void time(unsigned prefix, std::uint64_t value);

    std::array<std::uint8_t, 19> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace tidegate::ts
