// Takes a transport stream apart and checks its packets against ISO/IEC 13818-1 §2.4.3. Tests only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "ts/packet_writer.hpp"

namespace tidegate::ts::test {

// A section, or a PES packet with its header.
struct Piece {
    std::uint16_t pid = 0;
    bool random_access = false;
    std::optional<std::uint64_t> clock;
    base::Bytes bytes;
};

struct Demuxed {
    std::vector<Piece> pieces;          // in the order in which they begin
    std::vector<std::uint64_t> clocks;  // of all packets, also those without payload
    std::string fault;                  // the first one; empty when there is none
};

class Demuxer {
public:
    Demuxed run(base::ByteView stream) {
        if (stream.size() % kPacketSize != 0) fault("not whole packets");
        for (; stream.size() >= kPacketSize; stream = stream.subspan(kPacketSize))
            packet(stream.first(kPacketSize));
        return std::move(result_);
    }

private:
    struct Pid {
        std::optional<std::uint8_t> counter;
        std::optional<std::size_t> piece;  // to which its next packet belongs
    };

    void fault(char const* text) {
        if (result_.fault.empty()) result_.fault = text;
    }

    void packet(base::ByteView bytes) {
        base::ByteReader reader(bytes);
        if (reader.u8() != 0x47) fault("no sync byte");
        auto const word = reader.u16();
        auto const control = reader.u8();
        if ((word & 0x8000) != 0 || (control & 0xc0) != 0) fault("error or scrambling");
        auto& pid = pids_[word & 0x1fff];
        bool const has_payload = (control & 0x10) != 0;
        Piece piece{static_cast<std::uint16_t>(word & 0x1fff), false, {}, {}};
        if ((control & 0x20) != 0) adaptation(reader, piece, has_payload);
        count(pid, control & 15, has_payload);
        if (piece.clock) result_.clocks.push_back(*piece.clock);
        if (!has_payload) return;
        if (reader.remaining() == 0) fault("payload without bytes");
        if ((word & 0x4000) != 0) {
            pid.piece = result_.pieces.size();
            result_.pieces.push_back(piece);
        }
        if (!pid.piece) return fault("goes on before it has begun");
        auto const rest = reader.rest();
        auto& whole = result_.pieces[*pid.piece].bytes;
        whole.insert(whole.end(), rest.begin(), rest.end());
    }

    void count(Pid& pid, unsigned counter, bool has_payload) {
        if (pid.counter && counter != ((*pid.counter + (has_payload ? 1U : 0U)) & 15))
            fault("continuity counter");
        pid.counter = static_cast<std::uint8_t>(counter);
    }

    void adaptation(base::ByteReader& reader, Piece& piece, bool has_payload) {
        auto const size = reader.u8();
        if (has_payload ? size > 182 : size != 183) fault("size of the adaptation field");
        base::ByteReader field(reader.take(size));
        if (size == 0) return;
        auto const flags = field.u8();
        piece.random_access = (flags & 0x40) != 0;
        if ((flags & ~0x50U) != 0) fault("unexpected flags");
        if ((flags & 0x10) != 0) {
            piece.clock = std::uint64_t{field.u32()} << 1;
            *piece.clock |= field.u16() >> 15;
        }
        while (field.remaining() > 0) {
            if (field.u8() != 0xff) fault("stuffing");
        }
        if (field.failed()) fault("adaptation field is cut");
    }

    std::map<unsigned, Pid> pids_;
    Demuxed result_;
};

struct Pes {
    std::uint8_t stream_id = 0;
    std::uint64_t pts = 0;
    std::uint64_t dts = 0;
    base::ByteView payload;
};

// nullopt when it is malformed, or when its size is not the one that it tells.
inline std::optional<Pes> read_pes(base::ByteView bytes) {
    base::ByteReader reader(bytes);
    Pes pes;
    if (reader.u24() != 1) return std::nullopt;
    pes.stream_id = reader.u8();
    auto const size = reader.u16();
    if (size != 0 && size != reader.remaining()) return std::nullopt;
    if (reader.u8() != 0x80) return std::nullopt;
    auto const flags = reader.u8();
    auto const header = reader.u8();
    auto const time = [&](unsigned prefix) {
        std::uint64_t value = 0;
        auto const first = reader.u8();
        auto const middle = reader.u16();
        auto const last = reader.u16();
        if (first >> 4 != static_cast<int>(prefix) || (first & middle & last & 1) == 0)
            return ~std::uint64_t{0};
        value = static_cast<std::uint64_t>(first >> 1 & 7) << 30;
        return value | static_cast<std::uint64_t>(middle >> 1) << 15 |
               static_cast<std::uint64_t>(last >> 1);
    };
    bool const both = flags == 0xc0;
    if (!both && flags != 0x80) return std::nullopt;
    if (header != (both ? 10 : 5)) return std::nullopt;
    pes.pts = pes.dts = time(both ? 3 : 2);
    if (both) pes.dts = time(1);
    if (reader.failed() || pes.pts > kTimeMask || pes.dts > kTimeMask) return std::nullopt;
    pes.payload = reader.rest();
    return pes;
}

}  // namespace tidegate::ts::test
