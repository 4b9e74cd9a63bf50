// Units and packets for the tests of this folder.
#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "media/unit.hpp"

namespace tidegate::rtp::testing_units {

inline base::Bytes avcc(std::vector<base::Bytes> const& nalus) {
    base::Bytes out;
    base::ByteWriter writer(out);
    for (auto const& nalu : nalus) {
        writer.u32(static_cast<std::uint32_t>(nalu.size()));
        writer.bytes(nalu);
    }
    return out;
}

// `head` and then filler bytes up to `size`; the first of them has its top bit set (first slice of
// a picture).
inline base::Bytes nalu(base::Bytes head, std::size_t size) {
    for (auto i = head.size(); i < size; ++i)
        head.push_back(static_cast<std::uint8_t>(0x80 | i % 100));
    return head;
}

inline media::Unit unit(base::Bytes const& payload, base::Timestamp pts = {}) {
    media::Unit unit;
    unit.payload = base::SharedBytes::copy_of(payload);
    unit.pts = unit.dts = pts;
    return unit;
}

struct Packet {
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    bool marker = false;
    std::uint8_t type = 96;
    std::uint32_t ssrc = 1;
};

inline base::Bytes packet(Packet const& header, base::Bytes const& payload) {
    base::Bytes out;
    base::ByteWriter writer(out);
    writer.u8(std::uint8_t{0x80});
    writer.u8(static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | header.type));
    writer.u16(header.sequence);
    writer.u32(header.timestamp);
    writer.u32(header.ssrc);
    writer.bytes(payload);
    return out;
}

}  // namespace tidegate::rtp::testing_units
