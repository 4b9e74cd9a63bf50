#include "flv/extended.hpp"
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
constexpr std::uint8_t kMultitrackPacket = 6;

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
    if (record.empty()) return Nothing{};
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
            if (reader.remaining() == 0) return Nothing{};
            return frame(codec, composition_time, body.slice(kLegacyHeaderSize));
        case LegacyPacket::end_of_sequence:
            return EndOfSequence{};
    }
    return fail("unsupported video message type: " + std::to_string(packet));
}

std::expected<Tag, Error> read_coded(Codec codec, ExtendedPart const& part) {
    base::ByteReader reader(part.view());
    // H.264 and H.265 alone carry a composition time, and only in this packet type.
    auto const composition_time =
        static_cast<ExtendedPacket>(part.packet) == ExtendedPacket::coded_frames
            ? signed_24(reader.u24())
            : std::chrono::milliseconds{};
    if (reader.failed()) return fail("invalid body size");
    if (reader.remaining() == 0) return Nothing{};
    return frame(codec, composition_time, part.slice(reader.position()));
}

std::expected<Tag, Error> read_supported(Codec codec, ExtendedPart const& part) {
    switch (static_cast<ExtendedPacket>(part.packet)) {
        case ExtendedPacket::sequence_start:
            return sequence_header(codec, part.view());
        case ExtendedPacket::coded_frames:
        case ExtendedPacket::coded_frames_x:
            return read_coded(codec, part);
        case ExtendedPacket::sequence_end:
            return EndOfSequence{};
        case ExtendedPacket::metadata:
            return Nothing{};
    }
    return fail("unsupported video packet type: " + std::to_string(part.packet));
}

std::expected<Tag, Error> read_extended(ExtendedPart const& part) {
    auto const codec = codec_of(part.four_cc, media::Kind::video);
    if (!codec) return Unsupported{part.four_cc};
    return read_supported(*codec, part);
}

}  // namespace

std::expected<Tag, Error> parse_video(SharedBytes const& body) {
    if (body.size() <= kMaxEmptyBody) return Nothing{};
    if (body.size() < kLegacyHeaderSize) return fail("invalid body size");
    auto const first = body.view()[0];
    auto const enhanced = (first & 0x80) != 0;
    if ((first >> 4 & 7) == kFrameTypeInfo) return Nothing{};
    if (enhanced) return parse_extended(body, {kMultitrackPacket, &read_extended});
    auto const id = static_cast<std::uint8_t>(first & 0x0f);
    if (id != kAvcId && id != kHevcId) return Unsupported{id};
    return parse_legacy(id == kAvcId ? Codec::h264 : Codec::h265, body);
}

}  // namespace tidegate::flv
