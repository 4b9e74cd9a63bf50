#include <optional>

#include "flv/codec_name.hpp"
#include "flv/extended.hpp"
#include "flv/tag.hpp"
#include "media/aac.hpp"
#include "media/ac3.hpp"
#include "media/flac.hpp"
#include "media/mp3.hpp"
#include "media/opus.hpp"

namespace tidegate::flv {

namespace {

using base::SharedBytes;
using media::Codec;
using media::fail;

constexpr std::uint8_t kEnhanced = 9;

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
    if (codec == Codec::flac) return started(media::parse_flac_config(record));
    return Nothing{};
}

// The header of a codec whose frames say all: it is empty, but it announces the track.
std::optional<Tag> announcement(Codec codec) {
    if (codec == Codec::ac3) return SequenceHeader{{media::Ac3Config{}}};
    if (codec == Codec::eac3) return SequenceHeader{{media::Eac3Config{}}};
    if (codec == Codec::mp3) return SequenceHeader{{media::Mp3Config{.sample_rate = 0}}};
    return std::nullopt;
}

// Of a frame that says what its track is at least the header must be valid.
std::optional<Error> invalid_header(Codec codec, base::ByteView payload) {
    auto const check = [](auto const& parsed) {
        return parsed ? std::nullopt : std::optional(parsed.error());
    };
    if (codec == Codec::mp3) return check(media::parse_mp3_frame(payload));
    if (codec == Codec::ac3) return check(media::parse_ac3_frame(payload));
    if (codec == Codec::eac3) return check(media::parse_eac3_frame(payload));
    return std::nullopt;
}

// Audio frames do not depend on each other.
std::expected<Tag, Error> frame(Codec codec, SharedBytes payload) {
    if (payload.empty()) return Nothing{};
    if (auto error = invalid_header(codec, payload.view())) {
        return std::unexpected(*std::move(error));
    }
    return Frame{.codec = codec,
                 .keyframe = true,
                 .payload = std::move(payload),
                 .configuration = codec == Codec::ac3 || codec == Codec::eac3};
}

// The rate is always 8 kHz, whatever the tag says.
std::expected<Tag, Error> parse_g711(Codec codec, SharedBytes const& body) {
    bool const stereo = (body.view()[0] & 1) != 0;
    return Frame{.codec = codec,
                 .keyframe = true,
                 .payload = body.slice(1),
                 .channel_count = static_cast<std::uint8_t>(stereo ? 2 : 1)};
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
            if (auto tag = announcement(codec)) return *std::move(tag);
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
    if (id == kEnhanced) {
        static LengthSizes const kNone;
        return parse_extended(body, {kAudioMultitrack, &read_extended_audio, kNone});
    }
    if (id == kAacId) return parse_aac(body);
    if (id == kMp3Id || id == kMp3LowRateId) return frame(Codec::mp3, body.slice(1));
    if (id == kALawId) return parse_g711(Codec::pcma, body);
    if (id == kMuLawId) return parse_g711(Codec::pcmu, body);
    return Unsupported{id};
}

}  // namespace tidegate::flv
