// The header of ADTS (ISO/IEC 14496-3 §1.A.3.2), which some encoders leave before each AAC unit
// although RTP wants it bare. Any thread.
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.hpp"

namespace tidegate::rtp {

struct AdtsFrame {
    base::ByteView unit;   // without the header
    std::size_t size = 0;  // with it
};

// The frame at the start of `bytes`. A bare unit is never taken for one: its first three bits would
// be the element that ends a unit.
inline std::optional<AdtsFrame> adts_frame(base::ByteView bytes) {
    constexpr std::size_t kHeader = 7;
    constexpr std::size_t kChecksum = 2;
    if (bytes.size() < kHeader || bytes[0] != 0xFF || (bytes[1] & 0xF6) != 0xF0)
        return std::nullopt;
    bool const protection_absent = (bytes[1] & 1) != 0;
    auto const header = protection_absent ? kHeader : kHeader + kChecksum;
    auto const size =
        static_cast<std::size_t>((bytes[3] & 3) << 11 | bytes[4] << 3 | bytes[5] >> 5);
    if (size <= header || size > bytes.size()) return std::nullopt;
    return AdtsFrame{bytes.first(size).subspan(header), size};
}

}  // namespace tidegate::rtp
