// The elementary stream descriptor of MPEG-4 (ISO/IEC 14496-1 §7.2.6.5), the body of an esds box.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "mp4/box_writer.hpp"

namespace tidegate::mp4 {

// objectTypeIndication (ISO/IEC 14496-1 table 5).
inline constexpr std::uint8_t kObjectAac = 0x40;
inline constexpr std::uint8_t kObjectMpeg2AacMain = 0x66;
inline constexpr std::uint8_t kObjectMpeg2AacSsr = 0x68;
inline constexpr std::uint8_t kObjectMpeg2Audio = 0x69;
inline constexpr std::uint8_t kObjectMpeg1Audio = 0x6b;

struct AudioDescriptor {
    std::uint8_t object_type = 0;
    base::ByteView specific;  // DecoderSpecificInfo; empty when there is none
    std::uint32_t max_bitrate = 0;
    std::uint32_t average_bitrate = 0;
};

void write_descriptor(BoxWriter& out, std::uint32_t track_id, AudioDescriptor const& audio);

// payload: of an esds box, behind the version and the flags. nullopt when it cannot be read.
std::optional<AudioDescriptor> read_descriptor(base::ByteView payload);

}  // namespace tidegate::mp4
