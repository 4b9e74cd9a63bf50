// A train is made in two passes of the same code (payload_layouts.hpp): the first has a TrainSize,
// which only counts; the second has a TrainWriter, which fills memory of that size. So the size
// always fits the content. Internal to this folder; used by one thread at a time.
#pragma once

#include <cassert>
#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"
#include "rtp/limits.hpp"

namespace tidegate::rtp {

class TrainSize {
public:
    void begin_packet(std::size_t payload, bool) {
        ++packets_;
        payload_ += payload;
    }
    void u8(std::uint8_t) {}
    void u16(std::size_t) {}
    void advance(std::size_t) {}
    void bytes(base::ByteView) {}

    std::size_t packets() const { return packets_; }
    std::size_t payload_bytes() const { return payload_; }
    std::size_t rtp_bytes() const { return payload_ + packets_ * kHeaderSize; }
    std::size_t wire_bytes() const { return rtp_bytes() + packets_ * kInterleavedHeaderSize; }

private:
    std::size_t packets_ = 0;
    std::size_t payload_ = 0;
};

// What the RTP headers of a train's packets share.
struct TrainHeader {
    std::uint8_t channel = 0;
    std::uint8_t payload_type = 0;
    std::uint16_t sequence = 0;  // of the first packet
    std::uint32_t rtptime = 0;
    std::uint32_t ssrc = 0;
};

class TrainWriter {
public:
    // at: where the first byte goes. REQUIRES: it has room for what TrainSize counted.
    TrainWriter(std::uint8_t* at, TrainHeader const& header) : at_(at), header_(header) {}

    void begin_packet(std::size_t payload, bool marker) {
        u8('$');
        u8(header_.channel);
        u16(kHeaderSize + payload);
        u8(0x80);  // version 2, no padding, extension or CSRC
        u8(static_cast<std::uint8_t>((marker ? 0x80 : 0) | header_.payload_type));
        u16(header_.sequence++);
        u32(header_.rtptime);
        u32(header_.ssrc);
    }
    void u8(std::uint8_t value) { *at_++ = value; }
    void u16(std::size_t value) {
        u8(static_cast<std::uint8_t>(value >> 8));
        u8(static_cast<std::uint8_t>(value));
    }
    void bytes(base::ByteView view) {
        if (!view.empty()) std::memcpy(at_, view.data(), view.size());
        at_ += view.size();
    }

    // The packets that follow have a timestamp that is later by `ticks`.
    void advance(std::size_t ticks) { header_.rtptime += static_cast<std::uint32_t>(ticks); }

    std::uint8_t const* position() const { return at_; }

private:
    void u32(std::uint32_t value) {
        u16(value >> 16);
        u16(value & 0xFFFF);
    }

    std::uint8_t* at_;
    TrainHeader header_;
};

}  // namespace tidegate::rtp
