#include "flv/writer.hpp"

#include <algorithm>

#include "media/decoder_config.hpp"
#include "media/opus.hpp"

namespace tidegate::flv {

namespace {

using media::Codec;

constexpr std::uint8_t kKeyframe = 1;
constexpr std::uint8_t kInterframe = 2;
constexpr std::uint8_t kAacTag = 0xaf;  // AAC, 44 kHz, 16 bit, stereo: fixed by the specification
constexpr std::uint8_t kMp3Tag = 0x2f;  // readers take rate and channels from the frame
constexpr std::uint8_t kEnhancedAudio = 0x90;
constexpr std::uint8_t kEnhancedVideo = 0x80;

constexpr std::uint8_t kSequenceStart = 0;
constexpr std::uint8_t kCodedFrames = 1;

bool uses_four_cc(Codec codec, Form form) {
    return form == Form::enhanced && (codec == Codec::h265 || codec == Codec::opus);
}

std::uint8_t video_id(Codec codec) {
    return codec == Codec::h264 ? kAvcId : kHevcId;
}

base::Bytes decoder_configuration(media::Track const& track) {
    if (auto const* h264 = std::get_if<media::H264Config>(&track.config)) {
        auto const known = h264->sets.complete();
        return media::write_avc_config(known ? *h264 : media::default_h264_config());
    }
    if (auto const* h265 = std::get_if<media::H265Config>(&track.config)) {
        return media::write_hevc_config(*h265);
    }
    if (auto const* aac = std::get_if<media::AacConfig>(&track.config)) {
        return aac->audio_specific_config;
    }
    if (auto const* opus = std::get_if<media::OpusConfig>(&track.config)) {
        return media::write_opus_head(*opus);
    }
    return {};
}

// The bytes in front of a configuration; in front of coded frames the composition time follows
// them.
struct Prefix {
    FrameHeader& header;

    void u8(unsigned value) { header.bytes[header.size++] = static_cast<std::uint8_t>(value); }
    void u24(std::uint32_t value) {
        u8(value >> 16 & 0xffU);
        u8(value >> 8 & 0xffU);
        u8(value & 0xffU);
    }
    void name(Codec codec) {
        for (auto const letter : four_cc(codec)) u8(static_cast<unsigned char>(letter));
    }
};

void put_video(Prefix prefix, Codec codec, Form form, bool keyframe, std::uint8_t packet,
               std::uint32_t composition_time) {
    auto const type = static_cast<unsigned>(keyframe ? kKeyframe : kInterframe) << 4;
    if (uses_four_cc(codec, form)) {
        prefix.u8(kEnhancedVideo | type | packet);
        prefix.name(codec);
        if (packet == kSequenceStart) return;
    } else {
        prefix.u8(type | video_id(codec));
        prefix.u8(packet);
    }
    prefix.u24(composition_time);
}

void put_audio(Prefix prefix, Codec codec, std::uint8_t packet) {
    if (codec == Codec::opus) {
        prefix.u8(kEnhancedAudio | unsigned{packet});
        prefix.name(codec);
    } else if (codec == Codec::aac) {
        prefix.u8(kAacTag);
        prefix.u8(packet);
    } else {
        prefix.u8(kMp3Tag);
    }
}

std::uint32_t composition_time(media::Unit const& unit) {
    static constexpr std::int64_t kLimit = 1 << 23;
    // dts and pts are rounded separately, because the message's time stamp is the rounded dts: time
    // stamp and composition time then add up to the rounded pts.
    auto const time = base::to_ticks(unit.pts, 1000) - base::to_ticks(unit.dts, 1000);
    return static_cast<std::uint32_t>(std::clamp(time, -kLimit, kLimit - 1)) & 0xffffffU;
}

}  // namespace

bool can_write(Codec codec, Form form) {
    return codec != Codec::opus || form == Form::enhanced;
}

base::Bytes write_sequence_header(media::Track const& track, Form form) {
    auto const codec = track.codec();
    auto const configuration = decoder_configuration(track);
    if (configuration.empty() || !can_write(codec, form)) return {};
    FrameHeader header;
    if (track.kind() == media::Kind::video) {
        put_video({header}, codec, form, true, kSequenceStart, 0);
    } else {
        put_audio({header}, codec, kSequenceStart);
    }
    base::Bytes out;
    out.reserve(header.size + configuration.size());
    base::ByteWriter writer(out);
    writer.bytes(header.view());
    writer.bytes(configuration);
    return out;
}

FrameHeader write_frame_header(media::Track const& track, media::Unit const& unit, Form form) {
    FrameHeader header;
    if (track.kind() == media::Kind::video) {
        put_video({header}, track.codec(), form, unit.keyframe, kCodedFrames,
                  composition_time(unit));
    } else {
        put_audio({header}, track.codec(), kCodedFrames);
    }
    return header;
}

}  // namespace tidegate::flv
