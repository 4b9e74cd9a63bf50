// How units are laid out in the payloads of RTP packets:
//   H.264   RFC 6184 §5.6 to §5.8: single NAL units, STAP-A, FU-A
//   H.265   RFC 7798 §4.4: single NAL units, aggregation packets, fragmentation units
//   AAC     RFC 3640, AAC-hbr with 13/3/3 bits
//   MP3     RFC 2250 §3.5
//   Opus    RFC 7587
//   VP9     RFC 9628 §4.2, non-flexible mode, one layer
//   AC-3    RFC 4184 §4.1
//   E-AC-3  RFC 4598 §4.1
//   G.711   RFC 3551 §4.5.14
//   FLAC    no RFC: a frame in one packet or in several, the last of which has the marker
// AV1 has a file of its own (obu_layout.hpp). NAL units are grouped into packets as MediaMTX does
// it. `Out` is a TrainSize or a TrainWriter (train_writer.hpp). limit: the largest payload in
// bytes. Internal to this folder; any thread.
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

// What the payload descriptors of one picture of VP9 say.
struct Vp9Picture {
    std::uint16_t id = 0;  // 15 bits
    bool keyframe = false;
    std::uint32_t width = 0;  // of a key frame
    std::uint32_t height = 0;
};

// A key frame's first packet has the scalability structure, for receivers that need the size.
template <class Out>
void emit_vp9(Out& out, base::ByteView unit, Vp9Picture const& picture, std::size_t limit) {
    constexpr std::size_t kDescriptor = 3;
    constexpr std::size_t kStructure = 8;
    auto rest = unit;
    bool first = true;
    while (!rest.empty()) {
        bool const structure = first && picture.keyframe;
        auto const header = kDescriptor + (structure ? kStructure : 0);
        auto const piece = rest.first(std::min(limit - header, rest.size()));
        rest = rest.subspan(piece.size());
        out.begin_packet(header + piece.size(), rest.empty());
        // I and Z: it has an id, and no higher layer refers to it.
        out.u8(static_cast<std::uint8_t>(0x81 | (picture.keyframe ? 0 : 0x40) | (first ? 0x08 : 0) |
                                         (rest.empty() ? 0x04 : 0) | (structure ? 0x02 : 0)));
        out.u16(0x8000U | picture.id);
        if (structure) {
            out.u8(0x18);  // one layer, with its size and a group of pictures
            out.u16(picture.width & 0xffff);
            out.u16(picture.height & 0xffff);
            out.u8(1);     // one picture in the group,
            out.u8(0x14);  // which refers to one other:
            out.u8(1);     // the one before it
        }
        out.bytes(piece);
        first = false;
    }
}

// The number of fragments has 8 bits.
inline constexpr std::size_t kMaxDolbyFragments = 255;
inline constexpr std::size_t kDolbyHeader = 2;

// One unit per packet, or a unit in several.
template <class Out>
void emit_dolby(Out& out, base::ByteView unit, bool enhanced, std::size_t limit) {
    auto const room = limit - kDolbyHeader;
    auto const count = (unit.size() + room - 1) / room;
    auto rest = unit;
    for (std::size_t i = 0; i < count; ++i) {
        auto const piece = rest.first(std::min(room, rest.size()));
        rest = rest.subspan(piece.size());
        std::uint8_t type = 0;
        if (count > 1 && enhanced) type = 1;
        // 1: a first fragment that has 5/8 of the frame, which can be decoded alone.
        if (count > 1 && !enhanced) type = i > 0 ? 3 : room >= unit.size() * 5 / 8 ? 1 : 2;
        out.begin_packet(kDolbyHeader + piece.size(), rest.empty());
        out.u8(type);
        out.u8(static_cast<std::uint8_t>(count));
        out.bytes(piece);
    }
}

template <class Out>
void emit_flac(Out& out, base::ByteView frame, std::size_t limit) {
    auto rest = frame;
    while (!rest.empty()) {
        auto const piece = rest.first(std::min(limit, rest.size()));
        rest = rest.subspan(piece.size());
        out.begin_packet(piece.size(), rest.empty());
        out.bytes(piece);
    }
}

// Each packet has whole samples of all channels, and the time of its first one.
template <class Out>
void emit_g711(Out& out, base::ByteView samples, std::size_t channels, std::size_t limit) {
    auto rest = samples.first(samples.size() - samples.size() % channels);
    auto const most = limit - limit % channels;
    while (!rest.empty()) {
        auto const piece = rest.first(std::min(most, rest.size()));
        rest = rest.subspan(piece.size());
        out.begin_packet(piece.size(), false);
        out.bytes(piece);
        out.advance(piece.size() / channels);
    }
}

}  // namespace tidegate::rtp
