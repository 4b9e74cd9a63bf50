#include "flv/codec_name.hpp"
#include "flv/extended.hpp"
#include "flv/tag.hpp"
#include "media/aac.hpp"
#include "media/mp3.hpp"
#include "media/opus.hpp"

namespace tidegate::flv {

namespace {

using base::SharedBytes;
using media::Codec;
using media::fail;

constexpr std::uint8_t kEnhanced = 9;
constexpr std::uint8_t kAudioMultitrack = 5;

enum class AacPacket : std::uint8_t { sequence_header = 0, raw = 1 };

enum class AudioPacket : std::uint8_t {
    sequence_start = 0,
    coded_frames = 1,
    sequence_end = 2,
    multichannel_config = 4,
};

template <class Config>
std::expected<Tag, Error> started(std::expected<Config, Error> config) {
    if (!config) return std::unexpected(std::move(config).error());
    return SequenceHeader{{*std::move(config)}};
}

// FFmpeg sends an empty sequence header first when it copies AAC from a transport stream.
std::expected<Tag, Error> audio_header(Codec codec, base::ByteView record) {
    if (record.empty()) return Nothing{};
    if (codec == Codec::aac) return started(media::parse_audio_specific_config(record));
    if (codec == Codec::opus) return started(media::parse_opus_head(record));
    return Nothing{};  // MP3 has no configuration: each frame's header says all
}

// Audio frames do not depend on each other. Of an MP3 frame at least the header must be valid.
std::expected<Tag, Error> frame(Codec codec, SharedBytes payload) {
    if (payload.empty()) return Nothing{};
    if (codec == Codec::mp3) {
        if (auto const header = media::parse_mp3_frame(payload.view()); !header) {
            return std::unexpected(header.error());
        }
    }
    return Frame{codec, true, {}, std::move(payload)};
}

std::expected<Tag, Error> parse_aac(SharedBytes const& body) {
    auto const packet = body.view()[1];
    switch (static_cast<AacPacket>(packet)) {
        case AacPacket::sequence_header:
            return audio_header(Codec::aac, body.view().subspan(2));
        case AacPacket::raw:
            return frame(Codec::aac, body.slice(2));
    }
    return fail("unsupported audio message type: " + std::to_string(packet));
}

std::expected<Tag, Error> read_audio_packet(Codec codec, ExtendedPart const& part) {
    switch (static_cast<AudioPacket>(part.packet)) {
        case AudioPacket::sequence_start:
            return audio_header(codec, part.view());
        case AudioPacket::coded_frames:
            return frame(codec, part.slice(0));
        case AudioPacket::sequence_end:
            return EndOfSequence{};
        case AudioPacket::multichannel_config:
            return Nothing{};
    }
    return fail("unsupported audio packet type: " + std::to_string(part.packet));
}

std::expected<Tag, Error> read_extended_audio(ExtendedPart const& part) {
    auto const codec = codec_of(part.four_cc, media::Kind::audio);
    if (!codec) return Unsupported{part.four_cc};
    return read_audio_packet(*codec, part);
}

}  // namespace

std::expected<Tag, Error> parse_audio(SharedBytes const& body) {
    if (body.size() <= kMaxEmptyBody) return Nothing{};
    auto const id = static_cast<std::uint8_t>(body.view()[0] >> 4);
    if (id == kEnhanced) return parse_extended(body, {kAudioMultitrack, &read_extended_audio});
    if (id == kAacId) return parse_aac(body);
    if (id == kMp3Id || id == kMp3LowRateId) return frame(Codec::mp3, body.slice(1));
    return Unsupported{id};
}

}  // namespace tidegate::flv
