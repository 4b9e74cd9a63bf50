// Layout of audio units in RTP packets: AAC (RFC 3640, AAC-hbr 13/3/3), MP3 (RFC 2250 §3.5), Opus
// (RFC 7587). Out is a TrainSize or a TrainWriter.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/bytes.hpp"

namespace tidegate::rtp {

// AU-size has 13 bits.
inline constexpr std::size_t kMaxAacUnit = (1U << 13) - 1;

// The fragment offset of RFC 2250 has 16 bits.
inline constexpr std::size_t kMaxMp3Unit = (1U << 16) - 1;

// One interleaved frame can carry no more than 2^16 - 1 bytes, header included.
inline constexpr std::size_t kMaxOpusUnit = (1U << 16) - 1 - 12;

// One AU per packet behind a 4-byte header section; the pieces of a long one repeat it with the
// AU's whole size, as RFC 3640 §3.2.3.1 wants it (MediaMTX writes the piece's size, which FFmpeg
// cannot join).
template <class Out>
void emit_aac(Out& out, base::ByteView unit, std::size_t limit) {
    constexpr std::size_t kSection = 4;
    auto rest = unit;
    while (!rest.empty()) {
        auto const piece = rest.first(std::min(limit - kSection, rest.size()));
        rest = rest.subspan(piece.size());
        out.begin_packet(kSection + piece.size(), rest.empty());
        out.u16(16);                // AU-headers-length, bits
        out.u16(unit.size() << 3);  // AU-size 13, AU-Index 3
        out.bytes(piece);
    }
}

template <class Out>
void emit_mp3(Out& out, base::ByteView frame, std::size_t limit) {
    constexpr std::size_t kSection = 4;
    std::size_t offset = 0;
    while (offset < frame.size()) {
        auto const piece = frame.subspan(offset, std::min(limit - kSection, frame.size() - offset));
        out.begin_packet(kSection + piece.size(), true);
        out.u16(0);  // must be zero
        out.u16(offset);
        out.bytes(piece);
        offset += piece.size();
    }
}

template <class Out>
void emit_opus(Out& out, base::ByteView packet) {
    out.begin_packet(packet.size(), false);
    out.bytes(packet);
}

}  // namespace tidegate::rtp
