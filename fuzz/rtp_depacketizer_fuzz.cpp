// Packets behind 16-bit lengths; the first byte chooses the codec, and by its top bit whether
// markers are trusted. Bounds and units are checked.
#include <cstdlib>

#include "media/limits.hpp"
#include "rtp/depacketizer.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/rtcp.hpp"

namespace {

using namespace tidegate;

media::Track track_of(std::uint8_t choice) {
    switch (choice % 16) {
        case 0:
            return {media::H264Config{}};
        case 1:
            return {media::H265Config{}};
        case 2:
            return {media::AacConfig{{0x12, 0x10}, 44100, 2}};
        case 3:
            return {media::OpusConfig{}};
        case 4:
            return {media::Mp3Config{}};
        case 5:
            return {media::Av1Config{}};
        case 6:
            return {media::Vp9Config{}};
        case 7:
            return {media::Ac3Config{48000, 6, {}}};
        case 8:
            return {media::Eac3Config{48000, 6, {}}};
        case 9:
            return {media::FlacConfig{base::Bytes(34), 48000, 2}};
        case 10:
            return {media::PcmaConfig{}};
        default:
            return {media::PcmuConfig{8000, 2}};
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const track = track_of(data[0]);
    rtp::Depacketizer depacketizer(track, {.payload_type = rtp::payload_type_of(track),
                                           .wary_of_markers = (data[0] & 0x80) != 0});
    rtp::Packetizer packetizer(track, {});
    std::vector<media::Unit> units;
    base::ByteReader reader({data + 1, size - 1});
    while (reader.remaining() > 2 && !reader.failed()) {
        auto const packet = reader.take(reader.u16());
        (void)rtp::parse_rtcp(packet);
        (void)depacketizer.feed(packet, units);
    }
    for (auto const& unit : units) {
        if (unit.payload.empty() || unit.payload.size() > media::kMaxUnit) std::abort();
        if (track.kind() == media::Kind::audio && unit.dts != unit.pts) std::abort();
        (void)packetizer.packetize(unit);
    }
    return 0;
}
