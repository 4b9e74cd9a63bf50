#include "ts/packet_writer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace tidegate::ts {

namespace {

constexpr std::uint8_t kSync = 0x47;
constexpr std::size_t kHeaderSize = 4;
constexpr std::size_t kBodySize = kPacketSize - kHeaderSize;
constexpr std::uint8_t kFill = 0xff;
constexpr std::size_t kClockSize = 6;

constexpr std::uint8_t kRandomAccess = 0x40;
constexpr std::uint8_t kHasClock = 0x10;

enum class Content : std::uint8_t { payload = 1, adaptation = 2, both = 3 };

// A packet that is being filled.
class Packet {
public:
    explicit Packet(base::SharedBytesBuilder& out) : at_(out.extend(kPacketSize)) {
        end_ = at_ + kPacketSize;
    }

    void header(PacketStream& stream, bool start, Content content) {
        u8(kSync);
        u8((start ? 0x40U : 0U) | (stream.pid >> 8U & 0x1fU));
        u8(stream.pid & 0xffU);
        u8(static_cast<unsigned>(content) << 4 | stream.next_counter);
        stream.next_counter = (stream.next_counter + 1) & 15;
    }
    // size: of the whole field with its length byte. REQUIRES: it is 0 or at least needed(field).
    void adaptation(std::size_t size, Adaptation const& field) {
        if (size == 0) return;
        auto* const end = at_ + size;
        u8(static_cast<unsigned>(size - 1));
        if (size > 1) {
            u8((field.random_access ? unsigned{kRandomAccess} : 0U) |
               (field.clock ? unsigned{kHasClock} : 0U));
            if (field.clock) clock(*field.clock);
        }
        fill(static_cast<std::size_t>(end - at_));
    }
    void u8(std::uint64_t value) { *at_++ = static_cast<std::uint8_t>(value); }
    void bytes(base::ByteView view) {
        if (!view.empty()) std::memcpy(at_, view.data(), view.size());
        at_ += view.size();
    }
    void fill(std::size_t count) {
        std::memset(at_, kFill, count);
        at_ += count;
    }
    std::size_t room() const { return static_cast<std::size_t>(end_ - at_); }

private:
    // The base, six reserved bits, and the extension in 1/27000000 s, which is always 0.
    void clock(std::uint64_t base) {
        for (int shift = 25; shift >= 1; shift -= 8) u8(base >> shift & 0xff);
        u8((base & 1) << 7 | 0x7e);
        u8(0U);
    }

    std::uint8_t* at_;
    std::uint8_t* end_;
};

// The size of the adaptation field without stuffing.
std::size_t needed(Adaptation const& field) {
    if (field.empty()) return 0;
    return 2 + (field.clock ? kClockSize : 0);
}

// Reads pieces that lie apart as if they were one.
class Source {
public:
    explicit Source(std::span<base::ByteView const> pieces) : pieces_(pieces) {
        for (auto const piece : pieces) left_ += piece.size();
    }
    std::size_t left() const { return left_; }
    void fill(Packet& packet) {
        while (packet.room() > 0) {
            auto const rest = pieces_.front().subspan(position_);
            auto const part = rest.first(std::min(rest.size(), packet.room()));
            packet.bytes(part);
            left_ -= part.size();
            position_ += part.size();
            if (part.size() < rest.size()) continue;
            pieces_ = pieces_.subspan(1);
            position_ = 0;
        }
    }

private:
    std::span<base::ByteView const> pieces_;
    std::size_t position_ = 0;  // in the first piece
    std::size_t left_ = 0;
};

constexpr auto kCrcTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        auto value = i << 24;
        for (int bit = 0; bit < 8; ++bit) {
            value = value << 1 ^ ((value & 0x80000000U) != 0 ? 0x04c11db7U : 0U);
        }
        table[i] = value;
    }
    return table;
}();

}  // namespace

void write_pes(base::SharedBytesBuilder& out, PacketStream& stream, Adaptation const& adaptation,
               std::span<base::ByteView const> pieces) {
    Source source(pieces);
    for (bool first = true; source.left() > 0; first = false) {
        auto const field = first ? adaptation : Adaptation{};
        // In the last packet the adaptation field is stuffed until the rest fills it.
        auto const room = kBodySize - needed(field);
        auto const size = kBodySize - std::min(room, source.left());
        Packet packet(out);
        packet.header(stream, first, size == 0 ? Content::payload : Content::both);
        packet.adaptation(size, field);
        source.fill(packet);
    }
}

void write_clock(base::SharedBytesBuilder& out, PacketStream& stream, std::uint64_t clock) {
    // A packet without payload repeats the counter of the packet before it.
    auto const counter = stream.next_counter;
    stream.next_counter = (counter + 15) & 15;
    Packet packet(out);
    packet.header(stream, false, Content::adaptation);
    packet.adaptation(kBodySize, {.random_access = false, .clock = clock});
}

void write_section(base::SharedBytesBuilder& out, PacketStream& stream, base::ByteView section) {
    for (bool first = true; !section.empty(); first = false) {
        Packet packet(out);
        packet.header(stream, first, Content::payload);
        if (first) packet.u8(0);  // the section begins at once
        auto const part = section.first(std::min(section.size(), packet.room()));
        packet.bytes(part);
        packet.fill(packet.room());
        section = section.subspan(part.size());
    }
}

std::uint32_t crc32(base::ByteView bytes) {
    std::uint32_t crc = 0xffffffff;
    for (auto const byte : bytes) crc = crc << 8 ^ kCrcTable[(crc >> 24 ^ byte) & 0xff];
    return crc;
}

}  // namespace tidegate::ts
