#include "flv/writer.hpp"

#include <algorithm>

#include "media/av1.hpp"
#include "media/decoder_config.hpp"
#include "media/opus.hpp"
#include "media/vp9.hpp"

namespace tidegate::flv {

namespace {

using media::Codec;

constexpr std::uint8_t kKeyframe = 1;
constexpr std::uint8_t kInterframe = 2;
constexpr std::uint8_t kAacTag = 0xaf;  // AAC, 44 kHz, 16 bit, stereo: fixed by the specification
constexpr std::uint8_t kMp3Tag = 0x2f;  // readers take rate and channels from the frame
constexpr std::uint8_t kG711Flags = 2;  // 16 bit; the rate is 8 kHz whatever the tag says
constexpr std::uint8_t kStereo = 1;
constexpr std::uint32_t kG711Rate = 8000;
constexpr std::uint8_t kEnhancedAudio = 0x90;
constexpr std::uint8_t kEnhancedVideo = 0x80;

constexpr std::uint8_t kSequenceStart = 0;
constexpr std::uint8_t kCodedFrames = 1;

bool is_g711(Codec codec) {
    return codec == Codec::pcma || codec == Codec::pcmu;
}

// H.265 has a number that is not official, so it is written only where fourCCs are not known.
bool has_legacy_form(Codec codec) {
    return codec == Codec::h264 || codec == Codec::h265 || codec == Codec::aac ||
           codec == Codec::mp3 || is_g711(codec);
}

bool uses_four_cc(Codec codec, Form form) {
    if (form == Form::legacy) return false;
    return codec == Codec::h265 || !has_legacy_form(codec);
}

std::uint8_t video_id(Codec codec) {
    return codec == Codec::h264 ? kAvcId : kHevcId;
}

struct Configuration {
    base::Bytes operator()(media::H264Config const& config) const {
        return media::write_avc_config(config.sets.complete() ? config
                                                              : media::default_h264_config());
    }
    base::Bytes operator()(media::H265Config const& config) const {
        return media::write_hevc_config(config);
    }
    base::Bytes operator()(media::Av1Config const& config) const {
        return media::write_av1_config(config);
    }
    base::Bytes operator()(media::Vp9Config const& config) const {
        return config.width == 0 ? base::Bytes{} : media::write_vp9_config(config);
    }
    base::Bytes operator()(media::AacConfig const& config) const {
        return config.audio_specific_config;
    }
    base::Bytes operator()(media::OpusConfig const& config) const {
        return media::write_opus_head(config);
    }
    base::Bytes operator()(media::FlacConfig const& config) const { return config.stream_info; }
    base::Bytes operator()(auto const&) const { return {}; }  // its frames say all
};

// The header of AC-3 and E-AC-3 has no content, but clients wait for it.
bool has_sequence_header(Codec codec) {
    return codec != Codec::mp3 && !is_g711(codec);
}
bool has_empty_header(Codec codec) {
    return codec == Codec::ac3 || codec == Codec::eac3;
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
    // One track (the upper half of the byte is 0) of several.
    void multitrack(std::uint8_t packet, Codec codec, std::uint8_t track_id) {
        u8(packet);
        name(codec);
        u8(track_id);
    }
};

// What a message says of itself beside its codec.
struct Message {
    std::uint8_t packet = kCodedFrames;
    std::uint8_t track_id = 0;
    bool keyframe = true;
    std::uint32_t composition_time = 0;
};

void put_video(Prefix prefix, Codec codec, Form form, Message const& message) {
    auto const type = static_cast<unsigned>(message.keyframe ? kKeyframe : kInterframe) << 4;
    if (message.track_id != 0) {
        prefix.u8(kEnhancedVideo | type | kVideoMultitrack);
        prefix.multitrack(message.packet, codec, message.track_id);
    } else if (uses_four_cc(codec, form)) {
        prefix.u8(kEnhancedVideo | type | message.packet);
        prefix.name(codec);
    } else {
        prefix.u8(type | video_id(codec));
        prefix.u8(message.packet);
        return prefix.u24(message.composition_time);
    }
    if (message.packet == kSequenceStart) return;
    if (codec == Codec::av1) {
        prefix.u8(0x12);  // a temporal delimiter with its size, which is 0
        prefix.u8(0);
    } else if (codec != Codec::vp9) {
        prefix.u24(message.composition_time);
    }
}

void put_audio(Prefix prefix, media::Track const& track, Form form, Message const& message) {
    auto const codec = track.codec();
    if (message.track_id != 0) {
        prefix.u8(kEnhancedAudio | unsigned{kAudioMultitrack});
        prefix.multitrack(message.packet, codec, message.track_id);
    } else if (codec == Codec::aac) {
        prefix.u8(kAacTag);
        prefix.u8(message.packet);
    } else if (codec == Codec::mp3) {
        prefix.u8(kMp3Tag);
    } else if (is_g711(codec)) {
        auto const id = codec == Codec::pcma ? kALawId : kMuLawId;
        prefix.u8(unsigned{id} << 4 | kG711Flags |
                  (track.audio_format().channel_count == 2 ? kStereo : 0U));
    } else if (uses_four_cc(codec, form)) {
        prefix.u8(kEnhancedAudio | unsigned{message.packet});
        prefix.name(codec);
    }
}

std::uint32_t composition_time(media::Unit const& unit) {
    static constexpr std::int64_t kLimit = 1 << 23;
    // dts and pts are rounded separately, because the message's time stamp is the rounded dts: time
    // stamp and composition time then add up to the rounded pts.
    auto const time = base::to_ticks(unit.pts, 1000) - base::to_ticks(unit.dts, 1000);
    return static_cast<std::uint32_t>(std::clamp(time, -kLimit, kLimit - 1)) & 0xffffffU;
}

void put(FrameHeader& header, media::Track const& track, Form form, Message const& message) {
    if (track.kind() == media::Kind::video) {
        put_video({header}, track.codec(), form, message);
    } else {
        put_audio({header}, track, form, message);
    }
}

}  // namespace

bool can_write(media::Track const& track, Form form) {
    auto const codec = track.codec();
    if (is_g711(codec)) {
        auto const format = track.audio_format();
        return format.sample_rate == kG711Rate && format.channel_count <= 2;
    }
    return form == Form::enhanced || has_legacy_form(codec);
}

std::vector<std::optional<std::uint8_t>> track_ids(media::Tracks const& tracks) {
    std::vector<std::optional<std::uint8_t>> ids(tracks.size());
    for (auto const kind : {media::Kind::video, media::Kind::audio}) {
        auto const first = [&](auto fits) {
            return std::ranges::find_if(tracks, [&](media::Track const& track) {
                return track.kind() == kind && fits(track);
            });
        };
        auto main = first([](media::Track const& track) {
            return track.codec() != Codec::h265 && can_write(track, Form::legacy);
        });
        if (main == tracks.end()) {
            main =
                first([](media::Track const& track) { return can_write(track, Form::enhanced); });
        }
        std::uint8_t next = 0;
        for (auto track = tracks.begin(); track != tracks.end(); ++track) {
            if (track->kind() != kind) continue;
            auto& id = ids[static_cast<std::size_t>(track - tracks.begin())];
            if (track == main) id = 0;
            if (track != main && !four_cc(track->codec()).empty()) id = ++next;
        }
    }
    return ids;
}

base::Bytes write_sequence_header(media::Track const& track, Form form, std::uint8_t track_id) {
    auto const codec = track.codec();
    if (!has_sequence_header(codec) || !can_write(track, form)) return {};
    auto const configuration = std::visit(Configuration{}, track.config);
    if (configuration.empty() && !has_empty_header(codec)) return {};
    FrameHeader header;
    put(header, track, form, {.packet = kSequenceStart, .track_id = track_id});
    base::Bytes out;
    out.reserve(header.size + configuration.size());
    base::ByteWriter writer(out);
    writer.bytes(header.view());
    writer.bytes(configuration);
    return out;
}

FrameHeader write_frame_header(media::Track const& track, media::Unit const& unit, Form form,
                               std::uint8_t track_id) {
    FrameHeader header;
    auto const codec = track.codec();
    if (track_id == 0 && (codec == Codec::h264 || codec == Codec::aac)) {  // nearly all units
        Prefix prefix{header};
        bool const video = codec == Codec::h264;
        auto const type = static_cast<unsigned>(unit.keyframe ? kKeyframe : kInterframe) << 4;
        prefix.u8(video ? type | kAvcId : unsigned{kAacTag});
        prefix.u8(kCodedFrames);
        if (video) prefix.u24(composition_time(unit));
        return header;
    }
    Message message{.track_id = track_id, .keyframe = unit.keyframe};
    if (track.kind() == media::Kind::video) message.composition_time = composition_time(unit);
    put(header, track, form, message);
    return header;
}

}  // namespace tidegate::flv
