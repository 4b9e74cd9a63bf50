// Layout of an access unit's NAL units in RTP packets: single, aggregated and fragmented (RFC 6184
// §5.6-5.8, RFC 7798 §4.4), by MediaMTX's rules (contract §7.7). Out is a TrainSize or a
// TrainWriter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "rtp/nal_unit.hpp"

namespace tidegate::rtp {

using Nalus = std::span<base::ByteView const>;

struct H264Packets {
    static constexpr std::size_t kAggregateHeader = 1;  // STAP-A indicator
    static constexpr std::size_t kFragmentHeader = 2;   // FU indicator and header
    static constexpr std::size_t kNalHeader = H264Nal::kNalHeader;

    template <class Out>
    static void aggregate_header(Out& out, Nalus) {
        out.u8(0x18);  // type 24, NRI 0 as MediaMTX writes it
    }
    template <class Out>
    static void fragment_header(Out& out, base::ByteView nalu, std::uint8_t edges) {
        out.u8(static_cast<std::uint8_t>((nalu[0] & 0xE0) | 28));
        out.u8(static_cast<std::uint8_t>(edges | H264Nal::type(nalu)));
    }
};

struct H265Packets {
    static constexpr std::size_t kAggregateHeader = 2;
    static constexpr std::size_t kFragmentHeader = 3;
    static constexpr std::size_t kNalHeader = H265Nal::kNalHeader;

    // The lowest layer and temporal id of the aggregated units (RFC 7798 §4.4.2).
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
        out.u8(static_cast<std::uint8_t>(edges | H265Nal::type(nalu)));
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

// Greedy: a group takes NAL units while its aggregation packet stays within the limit.
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

}  // namespace tidegate::rtp
