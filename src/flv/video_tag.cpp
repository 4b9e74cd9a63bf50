#include <optional>

#include "flv/codec_name.hpp"
#include "flv/extended.hpp"
#include "flv/tag.hpp"
#include "media/access_unit.hpp"
#include "media/av1.hpp"
#include "media/avcc.hpp"
#include "media/decoder_config.hpp"
#include "media/vp9.hpp"

namespace tidegate::flv {

namespace {

using base::SharedBytes;
using media::Codec;
using media::fail;

constexpr std::size_t kLegacyHeaderSize = 5;
constexpr std::uint8_t kFrameTypeInfo = 5;  // a server's seek commands to a player: no media

enum class LegacyPacket : std::uint8_t {
    sequence_header = 0,
    coded_frames = 1,
    end_of_sequence = 2
};

enum class VideoPacket : std::uint8_t {
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
std::expected<Tag, Error> started(std::expected<Config, Error> config,
                                  std::uint8_t length_size = media::kAvccLengthSize) {
    if (!config) return std::unexpected(std::move(config).error());
    return SequenceHeader{.track = {*std::move(config)}, .length_size = length_size};
}

// Encoders that write access units in annex B may write their parameter sets in the same form, in
// place of a record. A record begins with its version (0 only in drafts of H.265's), so it never
// begins with a start code.
std::optional<Tag> annex_b_header(Codec codec, base::ByteView record) {
    if (record.size() < 4 || record[0] != 0 || record[1] != 0) return std::nullopt;
    auto const unit = media::annex_b_to_avcc(record);
    if (!unit) return std::nullopt;
    SequenceHeader header{codec == Codec::h264 ? media::Track{media::H264Config{}}
                                               : media::Track{media::H265Config{}}};
    media::learn_configuration(header.track, *unit);
    if (!header.track.configured()) return std::nullopt;
    return header;
}

std::expected<Tag, Error> video_header(Codec codec, base::ByteView record) {
    if (record.empty()) return Nothing{};
    if (codec == Codec::av1) return started(media::parse_av1_config(record));
    if (codec == Codec::vp9) return started(media::parse_vp9_config(record));
    if (auto header = annex_b_header(codec, record)) return *std::move(header);
    if (codec == Codec::h264) {
        auto config = media::parse_avc_config(record);
        auto const length_size = config ? media::avc_length_size(record) : std::uint8_t{};
        return started(std::move(config), length_size);
    }
    auto config = media::parse_hevc_config(record);
    auto const length_size = config ? media::hevc_length_size(record) : std::uint8_t{};
    return started(std::move(config), length_size);
}

std::expected<Tag, Error> nal_frame(Codec codec, std::chrono::milliseconds composition_time,
                                    SharedBytes payload, unsigned length_size) {
    auto unit = media::read_access_unit(codec, std::move(payload), length_size);
    if (!unit) return std::unexpected(std::move(unit).error());
    auto const& summary = unit->summary;
    if (summary.nalus == 0) return Nothing{};
    return Frame{.codec = codec,
                 .keyframe = summary.keyframe,
                 .composition_time = composition_time,
                 .payload = std::move(unit->payload),
                 .configuration = summary.parameter_sets};
}

std::expected<Tag, Error> av1_frame(SharedBytes payload) {
    auto unit = media::read_temporal_unit(std::move(payload));
    if (!unit) return std::unexpected(std::move(unit).error());
    if (unit->payload.empty()) return Nothing{};
    return Frame{.codec = Codec::av1,
                 .keyframe = unit->keyframe,
                 .payload = std::move(unit->payload),
                 .configuration = unit->sequence_header};
}

std::expected<Tag, Error> vp9_frame(SharedBytes payload) {
    auto const keyframe = media::is_vp9_keyframe(payload.view());
    return Frame{.codec = Codec::vp9,
                 .keyframe = keyframe,
                 .payload = std::move(payload),
                 .configuration = keyframe};
}

std::expected<Tag, Error> parse_legacy(Codec codec, SharedBytes const& body, unsigned length_size) {
    base::ByteReader reader(body.view());
    reader.skip(1);
    auto const packet = reader.u8();
    auto const composition_time = signed_24(reader.u24());
    if (reader.failed()) return fail("invalid body size");
    switch (static_cast<LegacyPacket>(packet)) {
        case LegacyPacket::sequence_header:
            return video_header(codec, reader.rest());
        case LegacyPacket::coded_frames:
            if (reader.remaining() == 0) return Nothing{};
            return nal_frame(codec, composition_time, body.slice(kLegacyHeaderSize), length_size);
        case LegacyPacket::end_of_sequence:
            return EndOfSequence{};
    }
    return fail("unsupported video message type: " + std::to_string(packet));
}

std::expected<Tag, Error> read_coded(Codec codec, ExtendedPart const& part) {
    if (part.begin == part.end) return Nothing{};
    if (codec == Codec::av1) return av1_frame(part.slice(0));
    if (codec == Codec::vp9) return vp9_frame(part.slice(0));
    base::ByteReader reader(part.view());
    // Only this packet type has a composition time, and only for H.264 and H.265.
    auto const composition_time = static_cast<VideoPacket>(part.packet) == VideoPacket::coded_frames
                                      ? signed_24(reader.u24())
                                      : std::chrono::milliseconds{};
    if (reader.failed()) return fail("invalid body size");
    if (reader.remaining() == 0) return Nothing{};
    return nal_frame(codec, composition_time, part.slice(reader.position()), part.length_size);
}

std::expected<Tag, Error> read_video_packet(Codec codec, ExtendedPart const& part) {
    switch (static_cast<VideoPacket>(part.packet)) {
        case VideoPacket::sequence_start:
            return video_header(codec, part.view());
        case VideoPacket::coded_frames:
        case VideoPacket::coded_frames_x:
            return read_coded(codec, part);
        case VideoPacket::sequence_end:
            return EndOfSequence{};
        case VideoPacket::metadata:
            return Nothing{};
    }
    return fail("unsupported video packet type: " + std::to_string(part.packet));
}

std::expected<Tag, Error> read_extended_video(ExtendedPart const& part) {
    auto const codec = codec_of(part.four_cc, media::Kind::video);
    if (!codec) return Unsupported{part.four_cc};
    return read_video_packet(*codec, part);
}

}  // namespace

std::expected<Tag, Error> parse_video(SharedBytes const& body, LengthSizes const& sizes) {
    if (body.size() <= kMaxEmptyBody) return Nothing{};
    if (body.size() < kLegacyHeaderSize) return fail("invalid body size");
    auto const first = body.view()[0];
    auto const enhanced = (first & 0x80) != 0;
    if ((first >> 4 & 7) == kFrameTypeInfo) return Nothing{};
    if (enhanced) return parse_extended(body, {kVideoMultitrack, &read_extended_video, sizes});
    auto const id = static_cast<std::uint8_t>(first & 0x0f);
    if (id != kAvcId && id != kHevcId) return Unsupported{id};
    return parse_legacy(id == kAvcId ? Codec::h264 : Codec::h265, body, sizes.of(0));
}

std::expected<Tag, Error> parse_video(SharedBytes const& body, unsigned length_size) {
    return parse_video(body, LengthSizes(length_size));
}

std::expected<Tag, Error> VideoTags::parse(SharedBytes const& body) {
    auto tag = parse_video(body, length_sizes_);
    if (tag) note(*tag);
    return tag;
}

void VideoTags::note(Tag const& tag) {
    if (auto const* const header = std::get_if<SequenceHeader>(&tag)) {
        length_sizes_.set(header->track_id, header->length_size);
    } else if (auto const* const several = std::get_if<Multitrack>(&tag)) {
        for (auto const& one : several->tracks) note(one);
    }
}

}  // namespace tidegate::flv
