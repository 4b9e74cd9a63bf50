// The NAL unit types that packetisers and depacketisers act on (H.264 table 7-1, H.265 table 7-1),
// and the walk over an AVCC payload. Any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace tidegate::rtp {

enum class NalRole : std::uint8_t {
    vps,
    sps,
    pps,
    delimiter,
    intra,  // IDR (H.264), IRAP (H.265): decoding can start here
    picture,
    other,
};

inline bool is_parameter_set(NalRole role) {
    return role <= NalRole::pps;
}

// What H.264 and H.265 do differently.
struct H264Nal {
    static constexpr std::size_t kNalHeader = 1;
    static std::uint8_t type(base::ByteView nalu) { return nalu[0] & 0x1F; }
    static NalRole role(base::ByteView nalu) {
        switch (type(nalu)) {
            case 1:
            case 2:
            case 3:
            case 4:
                return NalRole::picture;
            case 5:
                return NalRole::intra;
            case 7:
                return NalRole::sps;
            case 8:
                return NalRole::pps;
            case 9:
                return NalRole::delimiter;
            default:
                return NalRole::other;
        }
    }
};

struct H265Nal {
    static constexpr std::size_t kNalHeader = 2;
    static std::uint8_t type(base::ByteView nalu) { return nalu[0] >> 1 & 0x3F; }
    static NalRole role(base::ByteView nalu) {
        auto const value = type(nalu);
        if (value >= 16 && value <= 23) return NalRole::intra;
        if (value < 32) return NalRole::picture;
        switch (value) {
            case 32:
                return NalRole::vps;
            case 33:
                return NalRole::sps;
            case 34:
                return NalRole::pps;
            case 35:
                return NalRole::delimiter;
            default:
                return NalRole::other;
        }
    }
};

// Cuts the next length-prefixed NAL unit from the front; nullopt at the end or when a length lies.
inline std::optional<base::ByteView> next_nalu(base::ByteView& rest) {
    if (rest.size() < 4) return std::nullopt;
    auto const size = std::size_t{rest[0]} << 24 | std::size_t{rest[1]} << 16 |
                      std::size_t{rest[2]} << 8 | std::size_t{rest[3]};
    if (size > rest.size() - 4) return std::nullopt;
    auto const nalu = rest.subspan(4, size);
    rest = rest.subspan(4 + size);
    return nalu;
}

}  // namespace tidegate::rtp
