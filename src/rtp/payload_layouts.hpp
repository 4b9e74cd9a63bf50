// How units are laid out in the payloads of RTP packets:
//   H.264   RFC 6184 §5.6 to §5.8: single NAL units, STAP-A, FU-A
//   H.265   RFC 7798 §4.4: single NAL units, aggregation packets, fragmentation units
//   AAC     RFC 3640, AAC-hbr with 13/3/3 bits
//   MP3     RFC 2250 §3.5
//   Opus    RFC 7587
// NAL units are grouped by MediaMTX's rules (contract §7.7). `Out` is a TrainSize or a TrainWriter
// (train_writer.hpp). limit: the largest payload in bytes. Internal to this folder; any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "media/nal.hpp"

namespace tidegate::rtp {

using Nalus = std::span<base::ByteView const>;

struct H264Packets {
    static constexpr std::size_t kAggregateHeader = 1;  // STAP-A indicator
    static constexpr std::size_t kFragmentHeader = 2;   // FU indicator and header
    static constexpr std::size_t kNalHeader = media::kH264NalHeaderSize;

    template <class Out>
    static void aggregate_header(Out& out, Nalus) {
        out.u8(0x18);  // type 24; NRI is 0, as MediaMTX writes it
    }
    template <class Out>
    static void fragment_header(Out& out, base::ByteView nalu, std::uint8_t edges) {
        out.u8(static_cast<std::uint8_t>((nalu[0] & 0xE0) | 28));
        out.u8(static_cast<std::uint8_t>(edges | media::h264_nal_type(nalu)));
    }
};

struct H265Packets {
    static constexpr std::size_t kAggregateHeader = 2;
    static constexpr std::size_t kFragmentHeader = 3;
    static constexpr std::size_t kNalHeader = media::kH265NalHeaderSize;

    // It has the lowest layer and the lowest temporal id of its units (RFC 7798 §4.4.2).
    template <class Out>
    static void aggregate_header(Out& out, Nalus nalus) {
        unsigned layer = 0x3F;
        unsigned temporal = 0x07;
        for (auto const nalu : nalus) {
            layer = std::min(layer, (nalu[0] & 1U) << 5 | nalu[1] >> 3U);
            temporal = std::min(temporal, nalu[1] & 7U);
        }
        out.u8(static_cast<std::uint8_t>(48 << 1 | layer >> 5));
        out.u8(static_cast<std::uint8_t>((layer & 0x1F) << 3 | temporal));
    }
    template <class Out>
    static void fragment_header(Out& out, base::ByteView nalu, std::uint8_t edges) {
        out.u8(static_cast<std::uint8_t>((nalu[0] & 0x81) | 49 << 1));
        out.u8(nalu[1]);
        out.u8(static_cast<std::uint8_t>(edges | media::h265_nal_type(nalu)));
    }
};

template <class Packets, class Out>
void emit_fragments(Out& out, base::ByteView nalu, std::size_t limit, bool last) {
    auto const piece_limit = limit - Packets::kFragmentHeader;
    auto rest = nalu.subspan(Packets::kNalHeader);
    std::uint8_t start = 0x80;
    while (!rest.empty()) {
        auto const piece = rest.first(std::min(piece_limit, rest.size()));
        rest = rest.subspan(piece.size());
        auto const end = static_cast<std::uint8_t>(rest.empty() ? 0x40 : 0);
        out.begin_packet(Packets::kFragmentHeader + piece.size(), last && rest.empty());
        Packets::fragment_header(out, nalu, static_cast<std::uint8_t>(start | end));
        out.bytes(piece);
        start = 0;
    }
}

template <class Packets, class Out>
void emit_group(Out& out, Nalus group, std::size_t size, std::size_t limit, bool last) {
    if (group.size() == 1) {
        auto const nalu = group.front();
        if (nalu.size() >= limit) return emit_fragments<Packets>(out, nalu, limit, last);
        out.begin_packet(nalu.size(), last);
        return out.bytes(nalu);
    }
    out.begin_packet(size, last);
    Packets::aggregate_header(out, group);
    for (auto const nalu : group) {
        out.u16(nalu.size());
        out.bytes(nalu);
    }
}

// NAL units are put into one aggregation packet as long as they fit.
template <class Packets, class Out>
void emit_nalus(Out& out, Nalus nalus, std::size_t limit) {
    std::size_t first = 0;
    while (first < nalus.size()) {
        auto size = Packets::kAggregateHeader + 2 + nalus[first].size();
        auto end = first + 1;
        while (end < nalus.size() && size + 2 + nalus[end].size() <= limit) {
            size += 2 + nalus[end].size();
            ++end;
        }
        emit_group<Packets>(out, nalus.subspan(first, end - first), size, limit,
                            end == nalus.size());
        first = end;
    }
}

// The largest units that the formats can carry. AU-size has 13 bits (RFC 3640).
inline constexpr std::size_t kMaxAacUnit = (1U << 13) - 1;

// The fragment offset has 16 bits (RFC 2250).
inline constexpr std::size_t kMaxMp3Unit = (1U << 16) - 1;

// A packet of Opus cannot be divided. An interleaved frame has at most 2^16 - 1 bytes, RTP header
// included.
inline constexpr std::size_t kMaxOpusUnit = (1U << 16) - 1 - 12;

// One unit per packet, behind an AU header section of 4 bytes. A long unit is divided; each piece
// repeats the section with the size of the whole unit, as RFC 3640 §3.2.3.1 demands. (MediaMTX
// writes the size of the piece, and FFmpeg cannot join such pieces.)
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
