#include "media/opus.hpp"

namespace tidegate::media {

namespace {

constexpr std::string_view kMagic = "OpusHead";
constexpr std::uint32_t kInputRate = 48000;

// Microseconds of one frame by the five configuration bits (RFC 6716 table 2).
std::uint32_t frame_duration(std::uint8_t toc) {
    auto const configuration = toc >> 3;
    if (configuration < 12) {
        static constexpr std::uint32_t kSilk[] = {10000, 20000, 40000, 60000};
        return kSilk[configuration % 4];
    }
    if (configuration < 16) return configuration % 2 == 0 ? 10000 : 20000;  // hybrid
    static constexpr std::uint32_t kCelt[] = {2500, 5000, 10000, 20000};
    return kCelt[configuration % 4];
}

}  // namespace

std::expected<OpusConfig, Error> parse_opus_head(base::ByteView head) {
    base::ByteReader reader(head);
    auto const magic = base::as_text(reader.take(kMagic.size()));
    auto const version = reader.u8();
    auto const channels = reader.u8();
    reader.skip(2 + 4 + 2);  // pre-skip, input rate, gain
    auto const family = reader.u8();
    if (reader.failed()) return fail("invalid OpusHead: too short");
    if (magic != kMagic) return fail("invalid OpusHead: wrong signature");
    if (version > 15) return fail("invalid OpusHead: version " + std::to_string(version));
    if (channels == 0) return fail("invalid OpusHead: no channels");
    if (family == 0 && channels > 2) return fail("invalid OpusHead: too many channels");
    return OpusConfig{channels};
}

base::Bytes write_opus_head(OpusConfig const& config) {
    base::Bytes out;
    base::ByteWriter writer(out);
    writer.text(kMagic);
    writer.u8(1U);
    writer.u8(config.channel_count);
    writer.u16(0U);  // pre-skip: 0, because readers join a live stream in its middle
    writer.u32_little_endian(kInputRate);
    writer.u16(0U);
    if (config.channel_count <= 2) {
        writer.u8(0U);
        return out;
    }
    // The publisher's channel mapping is not kept. Family 255 with one stream per channel says
    // nothing about the meaning of the channels (RFC 7845 §5.1.1.3).
    writer.u8(255U);
    writer.u8(config.channel_count);
    writer.u8(0U);
    for (unsigned i = 0; i < config.channel_count; ++i) writer.u8(i);
    return out;
}

std::expected<base::Timestamp, Error> opus_packet_duration(base::ByteView packet) {
    if (packet.empty()) return fail("invalid Opus packet: empty");
    auto const code = packet[0] & 3;
    std::uint32_t frames = code == 0 ? 1 : 2;
    if (code == 3) {
        if (packet.size() < 2) return fail("invalid Opus packet: too short");
        frames = packet[1] & 0x3f;
    }
    auto const duration =
        std::chrono::microseconds(std::int64_t{frame_duration(packet[0])} * frames);
    if (frames == 0) return fail("invalid Opus packet: no frames");
    if (duration > kMaxOpusPacket) return fail("invalid Opus packet: longer than 120 ms");
    return duration;
}

}  // namespace tidegate::media
