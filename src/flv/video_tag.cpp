#include "flv/four_cc.hpp"
#include "flv/tag.hpp"
#include "media/avc_config.hpp"
#include "media/avcc.hpp"
#include "media/hevc_config.hpp"

namespace tidegate::flv {

namespace {

using base::SharedBytes;
using media::Codec;
using media::fail;

constexpr std::size_t kLegacyHeaderSize = 5;
constexpr std::uint8_t kFrameTypeInfo = 5;  // seek commands of a server to a player

enum class LegacyPacket : std::uint8_t {
    sequence_header = 0,
    coded_frames = 1,
    end_of_sequence = 2
};

enum class ExtendedPacket : std::uint8_t {
    sequence_start = 0,
    coded_frames = 1,
    sequence_end = 2,
    coded_frames_x = 3,
    metadata = 4,
};

std::chrono::milliseconds signed_24(std::uint32_t value) {
    auto const wide = static_cast<std::int32_t>(value << 8);
    return std::chrono::milliseconds(wide / 256);
}

template <class Config>
std::expected<Tag, Error> started(std::expected<Config, Error> config) {
    if (!config) return std::unexpected(std::move(config).error());
    return SequenceHeader{{*std::move(config)}};
}

std::expected<Tag, Error> sequence_header(Codec codec, base::ByteView record) {
    return codec == Codec::h264 ? started(media::parse_avc_config(record))
                                : started(media::parse_hevc_config(record));
}

std::expected<Tag, Error> frame(Codec codec, std::chrono::milliseconds composition_time,
                                SharedBytes payload) {
    auto const summary = media::inspect_avcc(codec, payload.view());
    if (!summary) return std::unexpected(summary.error());
    if (summary->nalus == 0) return Nothing{};
    return Frame{codec, summary->keyframe, composition_time, std::move(payload)};
}

std::expected<Tag, Error> parse_legacy(Codec codec, SharedBytes const& body) {
    base::ByteReader reader(body.view());
    reader.skip(1);
    auto const packet = reader.u8();
    auto const composition_time = signed_24(reader.u24());
    if (reader.failed()) return fail("invalid body size");
    switch (static_cast<LegacyPacket>(packet)) {
        case LegacyPacket::sequence_header:
            return sequence_header(codec, reader.rest());
        case LegacyPacket::coded_frames:
            if (reader.remaining() == 0) return fail("invalid body size");
            return frame(codec, composition_time, body.slice(kLegacyHeaderSize));
        case LegacyPacket::end_of_sequence:
            return EndOfSequence{};
    }
    return fail("unsupported video message type: " + std::to_string(packet));
}

std::expected<Tag, Error> parse_coded(Codec codec, ExtendedPacket packet, SharedBytes const& body,
                                      base::ByteReader& reader) {
    // H.264 and H.265 alone carry a composition time, and only in this packet type.
    auto const composition_time = packet == ExtendedPacket::coded_frames
                                      ? signed_24(reader.u24())
                                      : std::chrono::milliseconds{};
    if (reader.failed() || reader.remaining() == 0) return fail("invalid body size");
    return frame(codec, composition_time, body.slice(reader.position()));
}

std::expected<Tag, Error> parse_extended(SharedBytes const& body) {
    base::ByteReader reader(body.view());
    auto const type = reader.u8() & 0x0f;
    auto const packet = static_cast<ExtendedPacket>(type);
    if (packet > ExtendedPacket::metadata) {
        return fail("unsupported video extended type: " + std::to_string(type));
    }
    auto const name = reader.u32();
    if (reader.failed()) return fail("invalid body size");
    auto const codec = codec_of(name, media::Kind::video);
    if (!codec) return fail("unsupported fourCC: " + std::to_string(name));
    switch (packet) {
        case ExtendedPacket::sequence_start:
            return sequence_header(*codec, reader.rest());
        case ExtendedPacket::coded_frames:
        case ExtendedPacket::coded_frames_x:
            return parse_coded(*codec, packet, body, reader);
        case ExtendedPacket::sequence_end:
            return EndOfSequence{};
        case ExtendedPacket::metadata:
            return Nothing{};
    }
    return Nothing{};
}

}  // namespace

std::expected<Tag, Error> parse_video(SharedBytes const& body) {
    if (body.size() < kLegacyHeaderSize) return fail("invalid body size");
    auto const first = body.view()[0];
    if ((first & 0x80) != 0) return parse_extended(body);
    auto const id = static_cast<std::uint8_t>(first & 0x0f);
    if (id != kAvcId && id != kHevcId)
        return fail("unsupported video codec: " + std::to_string(id));
    if (first >> 4 == kFrameTypeInfo) return Nothing{};
    return parse_legacy(id == kAvcId ? Codec::h264 : Codec::h265, body);
}

}  // namespace tidegate::flv
