// Cuts sections and PES packets into transport packets of 188 bytes (ISO/IEC 13818-1 §2.4.3). The
// bytes are copied once, straight into their packets. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"

namespace tidegate::ts {

inline constexpr std::size_t kPacketSize = 188;
// Time stamps and the base of the clock (PCR) have 33 bits (§2.4.3.5, §2.4.3.7).
inline constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << 33) - 1;

// One PID and the continuity counter of its next packet.
struct PacketStream {
    std::uint16_t pid = 0;
    std::uint8_t next_counter = 0;
};

struct Adaptation {
    bool random_access = false;
    std::optional<std::uint64_t> clock;  // in 1/90000 s, within kTimeMask
    bool empty() const { return !random_access && !clock; }
};

// pieces: of one PES packet, its header first. adaptation: for its first transport packet.
void write_pes(base::SharedBytesBuilder& out, PacketStream& stream, Adaptation const& adaptation,
               std::span<base::ByteView const> pieces);

// Writes a packet without payload that only carries the clock.
void write_clock(base::SharedBytesBuilder& out, PacketStream& stream, std::uint64_t clock);

// section: whole, with its checksum (§2.4.4). The rest of its last packet is filled with 0xff.
void write_section(base::SharedBytesBuilder& out, PacketStream& stream, base::ByteView section);

// The checksum of a section (annex A).
std::uint32_t crc32(base::ByteView bytes);

}  // namespace tidegate::ts
