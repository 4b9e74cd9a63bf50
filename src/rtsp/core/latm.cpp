#include "rtsp/core/latm.hpp"

#include <algorithm>

#include "media/bit_reader.hpp"

namespace tidegate::rtsp {

namespace {

using media::BitReader;

constexpr std::uint32_t kObjectSbr = 5;
constexpr std::uint32_t kObjectPs = 29;
constexpr std::uint32_t kObjectLc = 2;
constexpr std::uint32_t kSyncExtensionSbr = 0x2B7;

void skip_rate(BitReader& reader) {
    if (reader.bits(4) == 15) reader.skip(24);
}

// Skips the backward compatible signalling of SBR behind the configuration. FFmpeg's encoder writes
// there that it has no SBR, and GStreamer copies all of it into the StreamMuxConfig.
void skip_sync_extension(BitReader& reader) {
    auto ahead = reader;
    if (ahead.bits(11) != kSyncExtensionSbr || ahead.bits(5) != kObjectSbr) return;
    if (ahead.flag()) skip_rate(ahead);
    if (!ahead.failed()) reader = ahead;
}

// Skips an AudioSpecificConfig of AAC-LC; false when it is of another kind, whose end is not known.
bool skip_audio_config(BitReader& reader) {
    auto type = reader.bits(5);
    skip_rate(reader);
    if (reader.bits(4) == 0) return false;  // channels described by a program config element
    if (type == kObjectSbr || type == kObjectPs) {
        skip_rate(reader);
        type = reader.bits(5);
    }
    if (type != kObjectLc) return false;
    reader.skip(1);                      // frameLengthFlag
    if (reader.flag()) reader.skip(14);  // coreCoderDelay
    if (reader.flag()) return false;     // extensionFlag
    skip_sync_extension(reader);
    return true;
}

base::Bytes bits_between(base::ByteView bytes, std::size_t begin, std::size_t end) {
    BitReader reader(bytes);
    reader.skip(begin);
    base::Bytes out;
    for (auto left = end - begin; left > 0;) {
        auto const count = std::min<std::size_t>(left, 8);
        auto const value = reader.bits(static_cast<unsigned>(count));
        out.push_back(static_cast<std::uint8_t>(value << (8 - count)));
        left -= count;
    }
    return out;
}

}  // namespace

std::expected<base::Bytes, std::string> audio_config_of_mux(base::ByteView mux_config) {
    BitReader reader(mux_config);
    bool const version_0 = !reader.flag();
    bool const same_framing = reader.flag();
    auto const more_frames = reader.bits(6);
    auto const more_programmes = reader.bits(4);
    auto const more_layers = reader.bits(3);
    if (!version_0 || !same_framing || more_frames + more_programmes + more_layers != 0) {
        return std::unexpected("LATM with several frames, programmes or layers is not supported");
    }
    auto const begin = reader.position();
    if (!skip_audio_config(reader)) {
        return std::unexpected("LATM with another codec than AAC-LC is not supported");
    }
    auto const end = reader.position();
    if (reader.failed()) return std::unexpected("LATM configuration is cut off");
    // GStreamer leaves the fields that follow out; the reader returns 0 for them then.
    bool const sizes_in_band = reader.bits(3) == 0;  // frameLengthType
    reader.skip(8);                                  // latmBufferFullness
    bool const other_data = reader.flag();
    if (!sizes_in_band || other_data) {
        return std::unexpected("LATM with fixed frame lengths or other data is not supported");
    }
    return bits_between(mux_config, begin, end);
}

}  // namespace tidegate::rtsp
